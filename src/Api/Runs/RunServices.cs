namespace WebLab.Api.Runs;

public static class RunServices
{
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddSingleton<MetricService>();
        services.AddSingleton<RunFiles>();
        services.AddSingleton<RunLogs>();
        services.AddSingleton<RunService>();
        return services;
    }
}

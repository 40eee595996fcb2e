namespace WebLab.Api.Experiments;

public static class ExperimentServices
{
    public static IServiceCollection AddExperiments(this IServiceCollection services)
    {
        services.AddSingleton<CostModel>();
        services.AddSingleton<ExperimentService>();
        services.AddSingleton<Fixes>();
        return services;
    }
}

namespace WebLab.Api.Experiments;

public static class ExperimentServices
{
    public static IServiceCollection AddExperiments(this IServiceCollection services)
    {
        services.AddSingleton<CostModel>();
        services.AddSingleton<ExperimentService>();
        services.AddSingleton<Fixes>();
        services.AddSingleton<BulkActions>();
        services.AddSingleton<FilterHints>();
        services.AddSingleton<Lineage>();
        services.AddSingleton<SeedCurves>();
        return services;
    }
}

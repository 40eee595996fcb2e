namespace WebLab.Api.Sweeps;

public static class SweepServices
{
    public static IServiceCollection AddSweeps(this IServiceCollection services) => services.AddSingleton<SweepService>();
}

using Microsoft.Extensions.DependencyInjection.Extensions;

namespace WebLab.Api.Store;

public static class StoreServices
{
    /// <summary>Registers the data directory, the open store, ids and the clock. The instance lock is taken when the store is first asked for.</summary>
    /// <param name="services">The container.</param>
    /// <param name="root">The data directory (<c>WEBLAB_DATA</c>).</param>
    public static IServiceCollection AddStore(this IServiceCollection services, string root)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new DataDirectory(root));
        services.AddSingleton(p => InstanceLock.Take(p.GetRequiredService<DataDirectory>()));
        services.AddSingleton<Ids>();
        services.AddSingleton(p =>
        {
            p.GetRequiredService<InstanceLock>();
            return new LabStore(p.GetRequiredService<DataDirectory>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<LabStore>>());
        });
        return services;
    }
}

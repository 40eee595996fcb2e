namespace WebLab.Api.Queue;

public static class QueueServices
{
    /// <summary>Registers the queue and starts its scheduler with the host.</summary>
    /// <param name="services">The container; <c>AddStore</c> was called.</param>
    /// <param name="section">Binds <see cref="QueueOptions"/>.</param>
    public static IServiceCollection AddQueue(this IServiceCollection services, IConfigurationSection section)
    {
        services.AddOptions<QueueOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CheckpointKeeper>();
        services.AddSingleton<EngineVerb>();
        services.AddSingleton<IndexRebuild>();
        services.AddSingleton<Intake>();
        services.AddSingleton<Journal>();
        services.AddSingleton<ModelCards>();
        services.AddSingleton<QueueBell>();
        services.AddSingleton<QueueGate>();
        services.AddSingleton<QueueService>();
        services.AddSingleton<RunActions>();
        services.AddSingleton<RunLog>();
        services.AddSingleton<Scheduler>();
        services.AddSingleton<TrashBin>();
        services.AddHostedService(p => p.GetRequiredService<Scheduler>());
        return services;
    }
}

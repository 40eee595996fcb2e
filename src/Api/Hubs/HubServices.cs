using WebLab.Api.Http;

namespace WebLab.Api.Hubs;

public static class HubServices
{
    public static IServiceCollection AddHubs(this IServiceCollection services)
    {
        services.AddSingleton<HubFeeds>();
        services.AddSignalR(o => o.MaximumReceiveMessageSize = 16 << 10).AddJsonProtocol(o => Json.Configure(o.PayloadSerializerOptions));
        return services;
    }

    public static void MapHubs(this IEndpointRouteBuilder app) => app.MapHub<LabHub>(LabHub.Path, o => o.AllowStatefulReconnects = true);
}

using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using WebLab.Api.Accounts;
using WebLab.Api.Catalogs;
using WebLab.Api.Compare;
using WebLab.Api.Datasets;
using WebLab.Api.Evaluations;
using WebLab.Api.Experiments;
using WebLab.Api.Http;
using WebLab.Api.Hubs;
using WebLab.Api.Inspections;
using WebLab.Api.Notices;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Shares;
using WebLab.Api.Store;
using WebLab.Api.Sweeps;
using WebLab.Api.Lab;
using WebLab.Api.Machine;
using WebLab.Api.Models;
using WebLab.Api.Search;
using WebLab.Api.Webhooks;

namespace WebLab.Api;

/// <summary>The headless product as three calls; a host that adds pages makes the same ones.</summary>
public static class WebLabApi
{
    /// <summary>The exit code for a configuration that cannot work (EX_CONFIG of sysexits.h).</summary>
    public const int BadConfiguration = 78;

    /// <summary>Registers every service.</summary>
    public static WebApplicationBuilder AddWebLabApi(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseUrls(Settings.Urls(builder.Configuration));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Limits.BodyBytes;
        });
        var services = builder.Services;
        services.AddOptions<Settings>().BindConfiguration(Settings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<Settings>, SettingsCheck>();
        services.ConfigureHttpJsonOptions(o => Json.Configure(o.SerializerOptions));
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddSingleton(new Terminal(Console.Out));
        services.AddLimits();
        services.AddOpenApiDocument();
        services.AddHostedService<Telemetry>();

        services.AddStore(Settings.DataFolder(builder.Configuration));
        services.AddQueue(builder.Configuration.GetSection("WebLab:Queue"));
        services.AddAccess();
        services.AddMachine();
        services.AddDatasets();
        services.AddModels();
        services.AddLab(builder.Configuration.GetSection("WebLab:Lab"));
        services.AddShares();
        services.AddHostedService<Housekeeping>();
        services.AddRuns();
        services.AddEvaluations();
        services.AddInspections();
        services.AddExperiments();
        services.AddCompare();
        services.AddSweeps();
        services.AddHubs();
        services.AddSearch();
        services.AddNotices();
        services.AddWebhooks();
        return builder;
    }

    /// <summary>Builds the pipeline and maps every endpoint. Static files and pages come after it.</summary>
    public static WebApplication MapWebLabApi(this WebApplication app)
    {
        var settings = app.Services.GetRequiredService<IOptions<Settings>>().Value;
        app.UseForwardedHeaders(Forwarded(settings));
        app.UsePathBase(settings.PathBase);
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<Problems>();
        app.UseMiddleware<Origins>();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseMiddleware<Csrf>();
        app.UseMiddleware<Idempotency>();
        app.UseMiddleware<AuditTrail>();
        app.MapOpenApiDocument();

        app.MapHealth();
        var api = app.MapGroup("/api/v1").DisableAntiforgery(); // Csrf and Origins guard these
        api.DenyWritesByDefault();
        api.MapAuth();
        api.MapAccounts();
        api.MapSavedViews();
        api.MapProfile();
        api.MapCatalog();
        api.MapDatasets();
        api.MapLab();
        api.MapShares();
        api.MapMachine();
        api.MapModels();
        api.MapQueue();
        api.MapRuns();
        api.MapEvaluations();
        api.MapInspections();
        api.MapExperiments();
        api.MapCompare();
        api.MapSweeps();
        api.MapSearch();
        api.MapNotices();
        api.MapWebhooks();
        app.MapHubs();
        return app;
    }

    /// <summary>Runs until told to stop. A configuration that cannot work ends with one sentence and <see cref="BadConfiguration"/>.</summary>
    public static async Task<int> RunWebLab(this WebApplication app)
    {
        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is OptionsValidationException or StoreRefusedException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return BadConfiguration;
        }
    }

    private static ForwardedHeadersOptions Forwarded(Settings settings)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.None };
        if (settings.KnownProxies.Length == 0)
            return options;
        options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        options.KnownProxies.Clear();
        foreach (var proxy in settings.KnownProxies)
            options.KnownProxies.Add(IPAddress.Parse(proxy));
        return options;
    }
}

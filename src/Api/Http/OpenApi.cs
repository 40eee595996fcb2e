using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using WebLab.Api.Accounts;

namespace WebLab.Api.Http;

/// <summary>Metadata: the refusals that an operation documents besides those that every operation has.</summary>
public sealed record RefusesMetadata(IReadOnlyList<ProblemKind> Kinds);

/// <summary>The document at <c>/openapi/v1.json</c> and the page at <c>/swagger</c>.</summary>
public static class OpenApi
{
    /// <summary>Documents the refusals of an operation.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder endpoint, params ProblemKind[] kinds) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RefusesMetadata(kinds));

    public static void AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(o =>
        {
            o.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "WebLab",
                Version = "v1",
                Description = "Train, attack and evaluate robust image classifiers. Refusals are RFC 9457 problems; lists are cursor pages; " +
                    "POSTs take an Idempotency-Key; single resources carry ETags that writes send back as If-Match.",
            });
            o.SupportNonNullableReferenceTypes();
            o.NonNullableReferenceTypesAsRequired();
            o.CustomSchemaIds(SchemaName);
            foreach (var xml in Directory.GetFiles(AppContext.BaseDirectory, "*.xml").Where(f => Path.GetFileName(f) is "WebLab.Api.xml" or "weblab.xml"))
                o.IncludeXmlComments(xml);
            o.AddSecurityDefinition("apiKey", new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key: wl_…",
            });
            o.OperationFilter<CommonAnswers>();
            o.SchemaFilter<RequiredParameters>();
        });
    }

    public static void MapOpenApiDocument(this WebApplication app)
    {
        app.UseWhen(c => c.Request.Path.StartsWithSegments("/swagger"), swagger => swagger.UseSwaggerUI(o =>
        {
            o.RoutePrefix = "swagger";
            o.DocumentTitle = "WebLab API";
            o.SwaggerEndpoint("../openapi/v1.json", "WebLab v1");
            o.ConfigObject.DisplayOperationId = true;
        }));
        app.MapSwagger("/openapi/{documentName}.json");
    }

    // Page<RunView> -> RunViewPage
    private static string SchemaName(Type type) => type.IsGenericType
        ? string.Concat(type.GetGenericArguments().Select(SchemaName)) + type.Name[..type.Name.IndexOf('`')]
        : type.Name;

    /// <summary>What a record's constructor needs must be sent.</summary>
    private sealed class RequiredParameters : ISchemaFilter
    {
        public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
        {
            if (schema is not OpenApiSchema { Properties: { Count: > 0 } properties } written || context.Type.GetConstructors() is not [var constructor])
                return;
            foreach (var parameter in constructor.GetParameters().Where(p => !p.HasDefaultValue))
                if (JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!) is var name && properties.ContainsKey(name))
                    (written.Required ??= new HashSet<string>()).Add(name);
        }
    }

    /// <summary>Adds the headers, refusals and security that come from the pipeline and not from the handler.</summary>
    private sealed class CommonAnswers : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
            var open = metadata.OfType<IAllowAnonymous>().Any();
            var kinds = metadata.OfType<RefusesMetadata>().SelectMany(m => m.Kinds)
                .Concat(open ? [] : [ProblemKinds.Unauthenticated, ProblemKinds.Forbidden])
                .Concat([ProblemKinds.RateLimited, ProblemKinds.Internal]);
            var verb = context.ApiDescription.HttpMethod;
            if (operation.Parameters?.Count > 0 || operation.RequestBody is not null)
                kinds = kinds.Append(ProblemKinds.Validation);
            if (operation.RequestBody is not null)
                kinds = kinds.Concat([ProblemKinds.MalformedJson, ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia]);
            if (verb == "POST" && !metadata.OfType<NotReplayableAttribute>().Any())
            {
                Add(operation, Header(Idempotency.Header, "Repeat a call safely: the first success is replayed for 24 hours.", required: false));
                kinds = kinds.Concat([ProblemKinds.IdempotencyInFlight, ProblemKinds.IdempotencyMismatch]);
            }
            foreach (var parameter in context.MethodInfo.GetParameters())
                if (parameter.ParameterType == typeof(IfMatch))
                    Add(operation, Header("If-Match", "The ETag that was read, or *.", required: true));
                else if (parameter.ParameterType == typeof(PageRequest))
                    Add(operation, Query("limit", JsonSchemaType.Integer, $"1 to {PageRequest.MaxLimit} items; {PageRequest.DefaultLimit} by default."),
                        Query("cursor", JsonSchemaType.String, "nextCursor of the page before."));
            var schema = context.SchemaGenerator.GenerateSchema(typeof(Problem), context.SchemaRepository);
            foreach (var status in kinds.GroupBy(k => k.Status))
                (operation.Responses ??= [])[status.Key.ToString()] = new OpenApiResponse
                {
                    Description = string.Join("; ", status.Distinct().Select(k => $"{k.Name}: {k.Title}")),
                    Content = new Dictionary<string, IOpenApiMediaType> { [Problems.MediaType] = new OpenApiMediaType { Schema = schema } },
                };
            operation.Responses = Sorted(operation.Responses!);
            if (!open)
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", context.Document)] = [] }];
        }

        private static OpenApiResponses Sorted(OpenApiResponses answers)
        {
            var sorted = new OpenApiResponses();
            foreach (var (status, answer) in answers.OrderBy(a => a.Key, StringComparer.Ordinal))
                sorted[status] = answer;
            return sorted;
        }

        private static void Add(OpenApiOperation operation, params OpenApiParameter[] parameters)
        {
            operation.Parameters ??= [];
            foreach (var parameter in parameters)
                operation.Parameters.Add(parameter);
        }

        private static OpenApiParameter Header(string name, string description, bool required) =>
            new() { Name = name, In = ParameterLocation.Header, Description = description, Required = required, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

        private static OpenApiParameter Query(string name, JsonSchemaType type, string description) =>
            new() { Name = name, In = ParameterLocation.Query, Description = description, Schema = new OpenApiSchema { Type = type } };
    }
}

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
            operation.OperationId = JsonNamingPolicy.CamelCase.ConvertName(operation.OperationId ?? "");
            operation.Summary = operation.Summary?.TrimEnd('.');
            operation.Parameters ??= [];
            foreach (var parameter in Headers(context))
                operation.Parameters.Add(parameter);
            var schema = context.SchemaGenerator.GenerateSchema(typeof(Problem), context.SchemaRepository);
            var answers = operation.Responses ??= [];
            var documented = answers.Keys.Where(s => s[0] == '4').Select(s => ProblemKinds.OfStatus(int.Parse(s)));
            foreach (var status in documented.Concat(Refusals(operation, context)).Distinct().ToLookup(k => k.Status))
                answers[status.Key.ToString()] = new OpenApiResponse
                {
                    Description = string.Join("; ", status.Select(k => $"{k.Name}: {k.Title}")),
                    Content = new Dictionary<string, IOpenApiMediaType> { [Problems.MediaType] = new OpenApiMediaType { Schema = schema } },
                };
            operation.Responses = Sorted(answers);
            if (!IsOpen(context))
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", context.Document)] = [] }];
        }

        private static bool IsOpen(OperationFilterContext context) => Metadata(context).OfType<IAllowAnonymous>().Any();

        private static bool IsReplayable(OperationFilterContext context) =>
            context.ApiDescription.HttpMethod == "POST" && !Metadata(context).OfType<NotReplayableAttribute>().Any();

        private static bool Takes<T>(OperationFilterContext context) => context.MethodInfo.GetParameters().Any(p => p.ParameterType == typeof(T));

        private static IList<object> Metadata(OperationFilterContext context) => context.ApiDescription.ActionDescriptor.EndpointMetadata;

        private static IEnumerable<OpenApiParameter> Headers(OperationFilterContext context)
        {
            if (IsReplayable(context))
                yield return Parameter(ParameterLocation.Header, Idempotency.Header, "Repeat a call safely: the first success is replayed for 24 hours.");
            if (Takes<IfMatch>(context))
                yield return Parameter(ParameterLocation.Header, "If-Match", "The ETag that was read, or *.", required: true);
            if (!Takes<PageRequest>(context))
                yield break;
            yield return Parameter(ParameterLocation.Query, "limit", $"1 to {PageRequest.MaxLimit} items; {PageRequest.DefaultLimit} by default.", type: JsonSchemaType.Integer);
            yield return Parameter(ParameterLocation.Query, "cursor", "nextCursor of the page before.");
        }

        private static IEnumerable<ProblemKind> Refusals(OpenApiOperation operation, OperationFilterContext context)
        {
            IEnumerable<ProblemKind> kinds = [ProblemKinds.RateLimited, ProblemKinds.Internal, .. Metadata(context).OfType<RefusesMetadata>().SelectMany(m => m.Kinds)];
            if (!IsOpen(context))
                kinds = kinds.Concat([ProblemKinds.Unauthenticated, ProblemKinds.Forbidden]);
            if (context.ApiDescription.RelativePath!.Contains('{'))
                kinds = kinds.Append(ProblemKinds.NotFound);
            if (operation.Parameters?.Count > 0 || operation.RequestBody is not null)
                kinds = kinds.Append(ProblemKinds.Validation);
            if (operation.RequestBody is not null)
                kinds = kinds.Concat([ProblemKinds.MalformedJson, ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia]);
            if (IsReplayable(context))
                kinds = kinds.Concat([ProblemKinds.IdempotencyInFlight, ProblemKinds.IdempotencyMismatch]);
            if (Takes<IfMatch>(context))
                kinds = kinds.Concat([ProblemKinds.PreconditionFailed, ProblemKinds.PreconditionRequired]);
            return kinds;
        }

        private static OpenApiResponses Sorted(OpenApiResponses answers)
        {
            var sorted = new OpenApiResponses();
            foreach (var (status, answer) in answers.OrderBy(a => a.Key, StringComparer.Ordinal))
                sorted[status] = answer;
            return sorted;
        }

        private static OpenApiParameter Parameter(ParameterLocation place, string name, string description, bool required = false, JsonSchemaType type = JsonSchemaType.String) =>
            new() { Name = name, In = place, Description = description, Required = required, Schema = new OpenApiSchema { Type = type } };
    }
}

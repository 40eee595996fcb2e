using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using WebLab.Api.Http;
using WebLab.Engine.Images;

namespace WebLab.Api.Lab;

/// <summary>A form with files, of which every field is known.</summary>
public sealed class LabForm
{
    private readonly IFormCollection _form;

    private LabForm(IFormCollection form) => _form = form;

    public IFormFileCollection Files => _form.Files;

    /// <exception cref="Refusal">400 with the fields that are not known.</exception>
    public static async Task<LabForm> Read(HttpContext context, long bytes, string[] fields, string[] files, CancellationToken cancel)
    {
        if (!context.Request.HasFormContentType)
            throw new Refusal(ProblemKinds.UnsupportedMedia, $"got '{context.Request.ContentType}', wanted multipart/form-data");
        IFormCollection form;
        try
        {
            form = await context.Request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = bytes, ValueCountLimit = 1024, ValueLengthLimit = 1 << 16 }, cancel);
        }
        catch (InvalidDataException e)
        {
            throw Refusal.Invalid("body", e.Message);
        }
        var unknown = form.Keys.Where(k => !fields.Contains(k)).Concat(form.Files.Select(f => f.Name).Where(n => !files.Contains(n))).Distinct().ToList();
        return unknown.Count == 0 ? new LabForm(form) : throw Refusal.Invalid(unknown.Select(name => (name, "is not a known field")));
    }

    public string? Text(string name) => _form[name].ToString() is { Length: > 0 } value ? value : null;

    public string Required(string name) => Text(name) ?? throw Refusal.Invalid(name, "is required");

    public T? Number<T>(string name) where T : struct, IParsable<T> => Text(name) is not { } text ? null
        : T.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : throw Refusal.Invalid(name, $"got '{text}', wanted a number");

    /// <summary>Whole numbers between commas, empty for none.</summary>
    public IReadOnlyList<int?> Numbers(string name) => Text(name) is not { } text ? []
        : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(t => t.Length == 0 ? (int?)null
            : int.TryParse(t, out var n) ? n : throw Refusal.Invalid(name, $"got '{t}', wanted whole numbers between commas"))];

    public JsonNode? Json(string name)
    {
        if (Text(name) is not { } text) return null;
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            throw Refusal.Invalid(name, $"is not JSON: {e.Message}");
        }
    }

    /// <exception cref="Refusal">413: more than one image may have.</exception>
    public static async Task<byte[]> Bytes(IFormFile file, string path, CancellationToken cancel)
    {
        if (file.Length > ImageLimits.Default.Bytes)
            throw Refusal.Of(ProblemKinds.TooLarge, [(path, $"has {file.Length} bytes, at most {ImageLimits.Default.Bytes} are taken")]);
        var bytes = new byte[file.Length];
        await using var stream = file.OpenReadStream();
        await stream.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }
}

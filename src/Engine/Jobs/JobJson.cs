using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebLab.Engine.Jobs;

/// <summary>How every file of a job folder is written as JSON: camelCase names, absent instead of null.</summary>
public static class JobJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Bytes<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <exception cref="JobFailure"><c>bad-recipe</c>: missing, or not what is wanted; the message names the field.</exception>
    public static T Read<T>(string path)
    {
        if (!File.Exists(path)) throw new JobFailure(FailureCode.BadRecipe, $"{path} is missing");
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Options)
                ?? throw new JobFailure(FailureCode.BadRecipe, $"{path}: got null, want an object");
        }
        catch (JsonException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, $"{path}: {e.Message}");
        }
    }
}

using System.Text.Json;

namespace WebLab.Engine.Data;

/// <summary>One line that the server writes to <c>weblab preview</c>.</summary>
/// <param name="Id">Of the data set.</param>
/// <param name="Augment">A list as in recipes, checked by the server.</param>
/// <param name="Epoch">The first one, from 1.</param>
/// <param name="Count">Epochs.</param>
public sealed record PreviewRequest(string Id, string Version, Split Split, IReadOnlyList<int> Indices, JsonElement Augment, int? Crop, ulong Seed, int Epoch, int Count);

/// <summary>One line that comes back.</summary>
/// <param name="Images">PNG by image and epoch; null where it could not be done.</param>
/// <param name="Error">What was wrong.</param>
public sealed record PreviewReply(IReadOnlyList<IReadOnlyList<byte[]>>? Images, string? Error = null);

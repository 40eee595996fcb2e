using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;

namespace WebLab.Api.Datasets;

/// <summary>Augmentations to look at.</summary>
/// <param name="Augment">A list as in recipes, such as <c>[{"kind":"pad-crop","pad":4},{"kind":"flip"}]</c>.</param>
/// <param name="Version">Absent: the newest.</param>
/// <param name="Split">train or test; by default train, and test of a set without training images.</param>
/// <param name="Indices">1 to 16 images; the first four by default.</param>
/// <param name="Crop">Side that the network sees, as <c>data.crop</c> in recipes.</param>
/// <param name="Seed">Of the run whose draws are shown.</param>
/// <param name="Epoch">The first epoch shown, from 1.</param>
/// <param name="Count">1 to 12 epochs; 6 by default.</param>
public sealed record PreviewWish(JsonArray Augment, string? Version = null, string? Split = null, IReadOnlyList<int>? Indices = null, int? Crop = null, int Seed = 0, int Epoch = 1, int Count = 6);

/// <summary>What a run with this seed sees of some images, before any attack.</summary>
/// <param name="Augment">With every option.</param>
public sealed record PreviewView(string DatasetId, string Version, Split Split, JsonNode Augment, int? Crop, int Seed, IReadOnlyList<PreviewedImage> Items);

/// <summary>One image.</summary>
/// <param name="Before">Address of it as it is stored.</param>
/// <param name="After">By epoch.</param>
public sealed record PreviewedImage(int Index, int Label, string ClassName, string Before, IReadOnlyList<PreviewedEpoch> After);

/// <param name="Png">The image file, in base64.</param>
public sealed record PreviewedEpoch(int Epoch, byte[] Png);

/// <summary>Shows what augmentations do, by the code and the draws of training; the tensors live in a process of their own.</summary>
public sealed class AugmentationPreviews(DatasetService sets, DataDirectory data, IOptions<QueueOptions> queue, TimeProvider time, ILogger<AugmentationPreviews> log) : IDisposable
{
    public const int MostImages = 16, MostEpochs = 12;

    private readonly PreviewProcess _process = new(queue, data.Root, time, log);

    /// <exception cref="Refusal">404; 400 with the fields; 422 where these images cannot be augmented so; 503 where the engine does not answer.</exception>
    public async Task<PreviewView> Draw(string id, PreviewWish wish, CancellationToken cancel)
    {
        var manifest = sets.Manifest(id, wish.Version);
        var split = wish.Split switch
        {
            null => manifest.TestOnly ? Split.Test : Split.Train,
            "train" => Split.Train,
            "test" => Split.Test,
            _ => throw Refusal.Invalid("split", $"got '{wish.Split}', wanted train or test"),
        };
        var indices = wish.Indices ?? [.. Enumerable.Range(0, Math.Min(4, manifest.Of(split).Count))];
        var chosen = Check(wish, manifest, split, indices);
        var augment = JsonSerializer.SerializeToElement(chosen.Augment, OptionsJson.Canonical);
        var reply = await _process.Ask(new PreviewRequest(manifest.Id, manifest.Version, split, indices, augment, wish.Crop, (ulong)wish.Seed, wish.Epoch, wish.Count), cancel);
        if (reply.Images is not { } images) throw new Refusal(ProblemKinds.Unprocessable, reply.Error ?? "the images cannot be augmented so");
        var labels = sets.Labels(manifest, split, indices);
        return new PreviewView(manifest.Id, manifest.Version, split, JsonSerializer.SerializeToNode(augment)!, wish.Crop, wish.Seed,
            [.. indices.Select((index, k) => new PreviewedImage(index, labels[k], manifest.Classes[labels[k]],
                $"/api/v1/datasets/{manifest.Id}/samples/{(split == Split.Train ? "train" : "test")}/{index}.png?version={manifest.Version}",
                [.. images[k].Select((png, e) => new PreviewedEpoch(wish.Epoch + e, png))]))]);
    }

    public void Dispose() => _process.Dispose();

    private static Choice Check(PreviewWish wish, DatasetManifest manifest, Split split, IReadOnlyList<int> indices)
    {
        var wanted = new JsonObject { ["augment"] = wish.Augment.DeepClone() };
        var wrong = Validation.Check(wanted, typeof(Choice)).Select(f => (f.Path, f.Message)).ToList();
        Choice? choice = null;
        if (wrong.Count == 0)
        {
            choice = wanted.Deserialize<Choice>(OptionsJson.Canonical)!;
            wrong.AddRange(Validation.Rules(choice, o => o.Check()).Select(f => (f.Path, f.Message)));
        }
        if (indices.Count is 0 or > MostImages) wrong.Add(("indices", $"got {indices.Count} images, wanted 1 to {MostImages}"));
        foreach (var index in indices.Where(i => i < 0 || i >= manifest.Of(split).Count).Take(1))
            wrong.Add(("indices", $"got {index}, wanted 0 to {manifest.Of(split).Count - 1}"));
        if (wish.Crop is { } crop && (crop < 8 ? $"got {crop}, wanted at least 8 pixels" : CentreCrop.Misfit(crop, manifest.Shape, $"'{manifest.Id}'")) is { } misfit) wrong.Add(("crop", misfit));
        if (wish.Seed < 0) wrong.Add(("seed", $"got {wish.Seed}, wanted 0 or more"));
        if (wish.Epoch is < 1 or > 100_000) wrong.Add(("epoch", $"got {wish.Epoch}, wanted 1 to 100000"));
        if (wish.Count is < 1 or > MostEpochs) wrong.Add(("count", $"got {wish.Count}, wanted 1 to {MostEpochs}"));
        return wrong.Count == 0 ? choice! : throw Refusal.Invalid(wrong);
    }

    private sealed record Choice : Engine.Catalog.Options
    {
        public IReadOnlyList<AugmentationOptions> Augment { get; init; } = [];
    }
}

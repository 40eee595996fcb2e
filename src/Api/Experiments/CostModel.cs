using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Data;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Experiments;

/// <summary>
/// Estimates wall time: images x passes per image x multiply-adds per pass, over the speed that finished runs had on this machine.
/// Like runs count before unlike ones; without any run a cautious figure per core is taken, and the answer says so.
/// </summary>
public sealed class CostModel(LabStore store, DataDirectory data, IOptions<QueueOptions> options)
{
    // Measured once with ResNet-18, batch 64, fp32: 94e9 multiply-adds a second of forward passes with their backward on two cores.
    private const double UncalibratedPerCore = 40e9;
    private const int RunsConsidered = 60;

    public async Task<CostEstimate> Estimate(Recipe recipe, int seeds, CancellationToken cancel)
    {
        var work = Work.Of(JsonNode.Parse(RecipeJson.Canonical(recipe))!.AsObject());
        var shelf = DatasetShelf.In(data.Root).Find(recipe.Data.Id, recipe.Data.Version);
        var (speed, basis) = await Speed(work, cancel);
        var pixels = shelf is null ? 1024.0 : shelf.Shape.Height * shelf.Shape.Width;
        var perSecond = speed / (work.Passes * work.MultiplyAdds(pixels));
        double images = Math.Min(recipe.Data.TrainLimit ?? int.MaxValue, shelf?.Train.Count ?? Shapes32.DefaultTrain);
        var probes = recipe.Probe.Every > 0 ? recipe.Training.Epochs / recipe.Probe.Every * recipe.Probe.Samples * work.ProbePasses / work.Passes : 0;
        var seconds = (images * recipe.Training.Epochs + probes) / perSecond;
        var rounds = Math.Ceiling((double)seeds / options.Value.Slots);
        // Weights, momentum and batch-norm state, float32, for best, best clean, last and the one before.
        return new CostEstimate(seconds, seconds * rounds, perSecond, work.Passes, (long)(work.Parameters * 8 * 4), basis);
    }

    private async Task<(double MultiplyAddsPerSecond, string Basis)> Speed(Work wanted, CancellationToken cancel)
    {
        await using var read = store.Read();
        var past = await read.Runs.Where(r => r.Kind == RunKind.Train && r.ImagesPerSecond > 0).OrderByDescending(r => r.Id).Take(RunsConsidered)
            .Select(r => new { r.RequestJson, r.ImagesPerSecond }).ToListAsync(cancel);
        var known = past.Select(p => (Work: Work.Of(JsonNode.Parse(p.RequestJson)!.AsObject()), Speed: p.ImagesPerSecond!.Value))
            .Select(p => (p.Work, Speed: p.Speed * p.Work.Passes * p.Work.MultiplyAdds(1024))).ToList();
        var alike = known.Where(k => k.Work == wanted).Select(k => k.Speed).ToList();
        if (alike.Count > 0) return (Median(alike), $"Estimate from {Runs(alike.Count)} with the same model and method on this machine.");
        var related = known.Where(k => k.Work.Precision == wanted.Precision).Select(k => k.Speed).ToList();
        if (related.Count > 0) return (Median(related), $"Rough estimate, scaled from {Runs(related.Count)} of other kinds on this machine.");
        return (UncalibratedPerCore * Environment.ProcessorCount * (wanted.Precision == "bf16" ? 1.6 : 1), "Rough estimate: nothing has been trained on this machine yet.");
    }

    private static string Runs(int n) => n == 1 ? "1 run" : $"{n} runs";

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>What one training image costs.</summary>
    /// <param name="Passes">Forward passes with their backward: one to learn, one per attack step.</param>
    private sealed record Work(string Architecture, double Scale, string Method, double Passes, double ProbePasses, string Precision)
    {
        public static Work Of(JsonObject recipe) => new(
            Text(recipe["model"]?["kind"]), SizeOf(recipe["model"]), Text(recipe["method"]?["kind"]), 1 + Steps(recipe["method"]),
            1 + (recipe["probe"]?["attack"] is { } attack ? Steps(attack) : 10), Text(recipe["training"]?["precision"]));

        /// <summary>Of one forward pass over an image with so many pixels.</summary>
        public double MultiplyAdds(double pixels) => Known.Millions * 1e6 * Scale * pixels / 1024;

        public double Parameters => Known.Parameters * Scale;

        // Millions of multiply-adds at 32 x 32 and parameters, at default width.
        private (double Millions, double Parameters) Known => Architecture switch
        {
            "tinycnn" => (1, 3_922),
            "smallcnn" => (133, 1.6e6),
            "resnet18" or "preactresnet18" => (557, 11.2e6),
            "resnet34" => (1_160, 21.3e6),
            "resnet50" => (1_300, 23.5e6),
            "resnet101" => (2_520, 42.5e6),
            "resnet56s" => (126, 0.85e6),
            "wrn" => (6_560, 46.2e6),
            _ => (500, 10e6),
        };

        private static double SizeOf(JsonNode? model)
        {
            var width = Number(model?["width"], 64) / 64;
            var widen = Number(model?["widen"], 10) / 10;
            var depth = (Number(model?["depth"], 34) - 4) / 30;
            return Text(model?["kind"]) == "wrn" ? widen * widen * depth : width * width;
        }

        // Attack steps anywhere below a node: several attacks add up.
        private static double Steps(JsonNode? node) => node switch
        {
            JsonObject o => o.Sum(p => p.Key == "steps" && p.Value is JsonValue ? Number(p.Value, 0) * Math.Max(1, Number(o["restarts"], 1)) : Steps(p.Value)) + (Text(o["kind"]) == "fgsm" ? 1 : 0),
            JsonArray a => a.Sum(Steps),
            _ => 0,
        };

        private static string Text(JsonNode? node) => node is JsonValue v && v.TryGetValue<string>(out var text) ? text : "";

        private static double Number(JsonNode? node, double absent) => node is JsonValue v && v.TryGetValue<double>(out var number) ? number : absent;
    }
}

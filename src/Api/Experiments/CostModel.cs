using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Nets;
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
        var work = Work.Of(recipe);
        var shelf = DatasetShelf.In(data.Root).Find(recipe.Data.Id, recipe.Data.Version);
        var (speed, basis) = await Speed(work, cancel);
        var pixels = recipe.Data.Crop is { } side ? (double)side * side : shelf is null ? 1024 : shelf.Shape.Height * shelf.Shape.Width;
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
        // What an earlier version queued may read as a recipe no more.
        var known = past.Select(p => (RecipeJson.Read(p.RequestJson).Recipe, Speed: p.ImagesPerSecond!.Value)).Where(p => p.Recipe is not null)
            .Select(p => (Work: Work.Of(p.Recipe!), p.Speed)).Select(p => (p.Work, Speed: p.Speed * p.Work.Passes * p.Work.MultiplyAdds(1024))).ToList();
        var alike = known.Where(k => k.Work == wanted).Select(k => k.Speed).ToList();
        if (alike.Count > 0) return (Median(alike), $"Estimate from {Runs(alike.Count)} with the same model and method on this machine.");
        var related = known.Where(k => k.Work.Precision == wanted.Precision).Select(k => k.Speed).ToList();
        if (related.Count > 0) return (Median(related), $"Rough estimate, scaled from {Runs(related.Count)} of other kinds on this machine.");
        return (UncalibratedPerCore * Environment.ProcessorCount * (wanted.Precision == $"{Precision.Bf16}" ? 1.6 : 1), "Rough estimate: nothing has been trained on this machine yet.");
    }

    private static string Runs(int n) => n == 1 ? "1 run" : $"{n} runs";

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>What one training image costs.</summary>
    /// <param name="Passes">In passes of standard training.</param>
    /// <param name="ProbePasses">Of one probed image.</param>
    private sealed record Work(string Architecture, double Scale, string Method, double Passes, double ProbePasses, string Precision)
    {
        public static Work Of(Recipe recipe) => new(
            Kinds.Architectures.KindOf(recipe.Model), SizeOf(recipe.Model), Kinds.Methods.KindOf(recipe.Method), recipe.Method.Effort(recipe.Model).Cost,
            (new Effort(Look: 1) + (recipe.Probe.Attack ?? new PgdOptions()).Effort()).Cost, $"{recipe.Training.Precision}");

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

        private static double SizeOf(ArchitectureOptions model) => model switch
        {
            WideResNetOptions wide => wide.Widen / 10.0 * (wide.Widen / 10.0) * (wide.Depth - 4) / 30,
            ResNetOptions { Width: var width } => width / 64.0 * (width / 64.0),
            PreActResNet18Options { Width: var width } => width / 64.0 * (width / 64.0),
            _ => 1,
        };
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Experiments;

/// <summary>
/// Estimates wall time: images x passes per image x work of a pass (its multiply-adds, and what narrow networks take beside them), over the speed that finished runs had on this machine.
/// Like runs count before unlike ones; without any run a cautious figure per core is taken, and the answer says so.
/// </summary>
public sealed class CostModel(LabStore store, DataDirectory data, IOptions<QueueOptions> options)
{
    // Multiply-adds of the forward passes in a second of standard training, whose backward passes are in the second but not in the count.
    // Measured with ResNet-18, batch 64, fp32, on one core of an AMD EPYC without AVX-512: 17e9 by itself, 10e9 beside other work.
    private const double UncalibratedPerCore = 12e9;
    private const int RunsConsidered = 60;

    public async Task<CostEstimate> Estimate(Recipe recipe, int seeds, CancellationToken cancel) => (await Estimate([recipe], seeds, cancel))[0];

    /// <summary>One estimate for each recipe, by the same past.</summary>
    public async Task<IReadOnlyList<CostEstimate>> Estimate(IReadOnlyList<Recipe> recipes, int seeds, CancellationToken cancel)
    {
        var past = await Past(cancel);
        return [.. recipes.Select(r => Estimate(r, seeds, past))];
    }

    /// <summary>Wall time of so many runs of each, over the slots there are.</summary>
    public double Together(IReadOnlyList<CostEstimate> estimates, int seeds) => estimates.Count == 0 ? 0
        : Math.Max(estimates.Sum(e => e.SecondsPerRun) * seeds / options.Value.Slots, estimates.Max(e => e.SecondsPerRun));

    private CostEstimate Estimate(Recipe recipe, int seeds, IReadOnlyList<(Work Work, double Speed)> past)
    {
        var work = Work.Of(recipe);
        var shelf = DatasetShelf.In(data.Root).Find(recipe.Data.Id, recipe.Data.Version);
        var (speed, basis) = Speed(work, past);
        var pixels = recipe.Data.Crop is { } side ? (double)side * side : shelf is null ? 1024 : shelf.Shape.Height * shelf.Shape.Width;
        var perSecond = speed / (work.Passes * work.Pass(pixels));
        double images = Math.Min(recipe.Data.TrainLimit ?? int.MaxValue, shelf?.Train.Count ?? Shapes32.DefaultTrain);
        var probes = recipe.Probe.Every > 0 ? recipe.Training.Epochs / recipe.Probe.Every * recipe.Probe.Samples * work.ProbePasses / work.Passes : 0;
        var seconds = (images * recipe.Training.Epochs + probes) / perSecond;
        var rounds = Math.Ceiling((double)seeds / options.Value.Slots);
        // Weights, momentum and batch-norm state, float32, for best, best clean, last and the one before.
        return new CostEstimate(seconds, seconds * rounds, perSecond, work.Passes, (long)(work.Parameters * 8 * 4), basis);
    }

    private async Task<IReadOnlyList<(Work Work, double Speed)>> Past(CancellationToken cancel)
    {
        await using var read = store.Read();
        var past = await read.Runs.Where(r => r.Kind == RunKind.Train && r.ImagesPerSecond > 0).OrderByDescending(r => r.Id).Take(RunsConsidered)
            .Select(r => new { r.RequestJson, r.ImagesPerSecond }).ToListAsync(cancel);
        // What an earlier version queued may read as a recipe no more.
        return [.. past.Select(p => (RecipeJson.Read(p.RequestJson).Recipe, Speed: p.ImagesPerSecond!.Value)).Where(p => p.Recipe is not null)
            .Select(p => (Work: Work.Of(p.Recipe!), p.Speed)).Select(p => (p.Work, Speed: p.Speed * p.Work.Passes * p.Work.Pass(1024)))];
    }

    private static (double WorkPerSecond, string Basis) Speed(Work wanted, IReadOnlyList<(Work Work, double Speed)> known)
    {
        var alike = known.Where(k => k.Work == wanted).Select(k => k.Speed).ToList();
        if (alike.Count > 0) return (Median(alike), $"Estimate from {Runs(alike.Count)} with the same model and method on this machine.");
        var related = known.Where(k => k.Work.Precision == wanted.Precision).Select(k => k.Speed).ToList();
        if (related.Count > 0) return (Median(related), $"Rough estimate, scaled from {Runs(related.Count)} of other kinds on this machine.");
        return (UncalibratedPerCore * Environment.ProcessorCount * (wanted.Precision == $"{Precision.Bf16}" ? 1.6 : 1), "Rough estimate: nothing has been trained on this machine yet.");
    }

    private static string Runs(int n) => n == 1 ? "1 run" : $"{n} runs";

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>What one training image costs.</summary>
    /// <param name="At32">Work of one pass over an image of 32 x 32 pixels, in multiply-adds.</param>
    /// <param name="Passes">In passes of standard training.</param>
    /// <param name="ProbePasses">Of one probed image.</param>
    private sealed record Work(string Architecture, double At32, double Parameters, string Method, double Passes, double ProbePasses, string Precision)
    {
        public static Work Of(Recipe recipe)
        {
            var size = recipe.Model.Size();
            return new Work(Kinds.Architectures.KindOf(recipe.Model), size.Work, size.Parameters, Kinds.Methods.KindOf(recipe.Method),
                recipe.Method.Effort(recipe.Model).Cost, (new Effort(Look: 1) + (recipe.Probe.Attack ?? new PgdOptions()).Effort()).Cost, $"{recipe.Training.Precision}");
        }

        /// <summary>Work of one pass over an image with so many pixels.</summary>
        public double Pass(double pixels) => At32 * pixels / 1024;
    }
}

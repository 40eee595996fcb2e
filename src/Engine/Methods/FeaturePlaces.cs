using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>
/// (1 - s) CE(f(x), y) + s mean over places k of CE(h_k(z_k + w_k d_k), y), with f = h_k after g_k, z_k = g_k(x) and d_k climbed from z_k
/// by sign steps at full strength (ALFA: w = 1). Cheap and faithful passes give equal perturbations and gradients.
/// </summary>
internal sealed class FeaturePlaces
{
    private readonly FeatureOptions _options;
    private readonly IReadOnlyList<Func<Tensor, Pass, Tensor>> _pieces;
    private readonly bool _firstIsFree;

    public FeaturePlaces(FeatureOptions options, Network network)
    {
        (_options, Names) = (options, options.PlacesIn(network.Options));
        _pieces = network.Cut(Names);
        _firstIsFree = options.FirstIsFree && !network.DrawsInTraining;
    }

    /// <summary>The attacked stages, in network order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Adds the gradients of clean and attacked losses.</summary>
    /// <param name="lesson">The batch.</param>
    /// <param name="sum">Where they go.</param>
    /// <param name="strengths">w, one for each place; null: 1.</param>
    public void Learn(Lesson lesson, GradientSum sum, Tensor? strengths = null)
    {
        var chosen = Chosen(lesson);
        var step = new Stride(lesson, sum, strengths, _options.Share / chosen.Count);
        if (_options.Passes == FeaturePasses.Cheap) Cheaply(step, chosen);
        else Faithfully(step, chosen);
        if (step.Attached.Count > 0) sum.Chain([.. step.Attached], [.. step.Seeds]);
        lesson.Note("loss.adv", step.Adversarial / chosen.Count);
    }

    private void Cheaply(Stride step, IReadOnlyList<int> chosen)
    {
        var lesson = step.Lesson;
        // Smoothed labels are for training alone: an attack climbs the plain loss.
        var firstIsFree = _firstIsFree && lesson.LabelSmoothing == 0;
        var maps = new Tensor[Names.Count];
        Tensor[] free;
        using (var clean = Scope.Enter())
        {
            var z = lesson.X;
            for (var k = 0; k < maps.Length; k++)
            {
                z = Through(lesson, z, k, k + 1, lesson.TrainingPass);
                // The input itself, or normalised, depends on no parameter.
                maps[k] = z = z.requires_grad ? z : z.detach().requires_grad_();
            }
            free = Clean(step, Through(lesson, z, maps.Length, _pieces.Count, lesson.TrainingPass), firstIsFree ? [.. chosen.Select(k => maps[k])] : []);
            clean.Keep([.. maps, .. free]);
        }
        for (var i = 0; i < chosen.Count; i++)
        {
            using var scope = Scope.Enter();
            var (k, attached) = (chosen[i], maps[chosen[i]]);
            var attacked = Climb(lesson, k, attached.detach(), firstIsFree ? free[i] : null);
            Attacked(step, k, attached, attacked, scope);
        }
    }

    private void Faithfully(Stride step, IReadOnlyList<int> chosen)
    {
        var lesson = step.Lesson;
        var maps = chosen.Select(k =>
        {
            var z = Prefix(lesson, k);
            return (Z: z, Attacked: Climb(lesson, k, z.detach(), null));
        }).ToList();
        for (var i = 0; i < chosen.Count; i++)
        {
            using var scope = Scope.Enter();
            Attacked(step, chosen[i], maps[i].Z, maps[i].Attacked, scope);
        }
        Clean(step, lesson.Logits(lesson.X, lesson.TrainingPass), []);
    }

    private Tensor[] Clean(Stride step, Tensor logits, Tensor[] maps)
    {
        var loss = step.Lesson.CrossEntropy(logits);
        step.Lesson.SawClean(logits, step.Lesson.Y);
        step.Lesson.Note("loss.clean", loss);
        return step.Sum.Add(loss, 1 - _options.Share, maps, retain: !_options.DetachPrefix && _options.Passes == FeaturePasses.Cheap);
    }

    private Tensor Prefix(Lesson lesson, int k)
    {
        var pass = lesson.TrainingPass with { Train = false, Stats = Moving };
        if (!_options.DetachPrefix) return Through(lesson, lesson.X, 0, k + 1, pass);
        using var off = NoGrad.Enter();
        return Through(lesson, lesson.X, 0, k + 1, pass);
    }

    // The attacked loss is differentiated at once; what it says about its map waits for the common way back through the prefix.
    private void Attacked(Stride step, int k, Tensor attached, Tensor attacked, Scope scope)
    {
        var (lesson, leaf) = (step.Lesson, attached.detach().requires_grad_(!_options.DetachPrefix));
        var delta = attacked - attached.detach();
        var moved = leaf + (step.Strengths is { } w ? delta * w[k] : delta);
        var loss = lesson.CrossEntropy(Through(lesson, moved, k + 1, _pieces.Count,
            lesson.TrainingPass with { Stats = Moving, Route = Attacking, Draws = lesson.Draws.In($"place{k}") }));
        lesson.Note($"z_adv.{k}", attacked);
        if (Names.Count > 1) lesson.Note($"loss.adv.{Names[k]}", loss);
        lesson.Tell($"shift.{Names[k]}", () => (delta.flatten(1).norm(2, [1]) / attached.detach().flatten(1).norm(2, [1]).clamp_min(1e-12)).mean());
        using (NoGrad.Enter()) step.Adversarial.add_(loss.detach());
        if (_options.DetachPrefix || !attached.requires_grad) step.Sum.Add(loss, step.Weight);
        else
        {
            step.Attached.Add(attached);
            step.Seeds.Add(scope.Keep(step.Sum.Add(loss, step.Weight, [leaf])[0] * step.Weight));
        }
    }

    // A detached map.
    private Tensor Climb(Lesson lesson, int k, Tensor z, Tensor? first)
    {
        var pass = lesson.TrainingPass with
        {
            Train = false,
            Route = Attacking,
            Stats = _options.BnStats == FeatureStats.Running ? StatsMode.Running : Moving,
        };
        var draws = Names.Count > 1 ? lesson.Draws.In($"place{k}") : lesson.Draws;
        return _options.Ascent.Run(map => Through(lesson, map, k + 1, _pieces.Count, pass), z, lesson.Y, draws, first);
    }

    private Route Attacking => Route.One(_options.AuxBank ? 1 : 0);

    private StatsMode Moving => _options.BnUpdate == BnUpdate.All ? StatsMode.BatchUpdate : StatsMode.Batch;

    private Tensor Through(Lesson lesson, Tensor z, int from, int to, Pass pass) =>
        lesson.Cast(z, map => _pieces.Skip(from).Take(to - from).Aggregate(map, (m, piece) => piece(m, pass)));

    private IReadOnlyList<int> Chosen(Lesson lesson)
    {
        var all = Enumerable.Range(0, Names.Count).ToArray();
        if (_options.LocationsPerStep is not { } some || some == all.Length) return all;
        var keys = lesson.Draws.Shared().Uniform("places", 0, 1, all.Length).to(DType.Float64).cpu().ToArray<double>();
        Array.Sort(keys, all);
        return [.. all.Take(some).Order()];
    }

    // What one step hands from place to place.
    private sealed record Stride(Lesson Lesson, GradientSum Sum, Tensor? Strengths, double Weight)
    {
        public Tensor Adversarial { get; } = Ops.zeros([], Lesson.X.dtype, Lesson.X.device);

        public List<Tensor> Attached { get; } = [];

        public List<Tensor> Seeds { get; } = [];
    }
}

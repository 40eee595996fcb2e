using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>The body of jobs of kind <c>evaluate</c>: clean accuracy and each attack, with what became of every image.</summary>
public sealed class Evaluation : IDisposable
{
    private readonly Job _job;
    private readonly EvaluationRequest _request;
    private readonly Subject _subject;
    private readonly Victim _victim;
    private readonly OutcomeFiles _files;

    private Evaluation(Job job, EvaluationRequest request, Device device)
    {
        (_job, _request, _files) = (job, request, new OutcomeFiles(job.Folder.Path));
        _subject = new Subject(job.Spec.Data, request, device);
        _victim = Fronted();
    }

    /// <exception cref="JobFailure">With the code that the failed event carries.</exception>
    /// <exception cref="JobCancelled">Between two attack steps.</exception>
    public static JobEnd Run(Job job)
    {
        var request = SubjectRequest.Read<EvaluationRequest>(job.Folder.Request);
        Libtorch.SetThreads(job.Spec.Threads);
        using var evaluation = new Evaluation(job, request, TrainJob.Place(request.Device));
        return evaluation.Run();
    }

    public void Dispose() => _subject.Dispose();

    private long[][] Batches => _subject.Batches;

    private int Images => _subject.Count;

    private JobEnd Run()
    {
        using var scope = Scope.Enter();
        _job.Outbox.Append(Reporter.Attempt(_subject.Device, _request.Precision));
        if (_subject.Match.Note is { } note) _job.Outbox.Log(note, _subject.Match.Columns is null ? "warning" : "info");
        var all = new Dictionary<string, Tensor> { ["index"] = Tensor.From(Batches.SelectMany(b => b).ToArray(), Images) };
        var ran = new List<AttackRated>();
        if (Clean() is not { } clean) return JobEnd.Paused;
        Keep(all, "clean", clean);
        var right = clean["label"].eq(clean["predicted"]);
        var standing = right;
        foreach (var (name, options) in Named(_request.Attacks))
        {
            if (Attack(ran.Count + 1, name, options) is not var (outcomes, rated)) return JobEnd.Paused;
            Keep(all, name, outcomes);
            ran.Add(rated);
            standing = standing.logical_and(outcomes["broken"].logical_not()).logical_and(outcomes["error"].logical_not());
        }
        return Close(all, Rated.Of(Count(right), Images), Groups(right), ran, ran.Count == 0 ? null : Rated.Of(Count(standing), Images));
    }

    private JobEnd Close(Dictionary<string, Tensor> all, Rated clean, List<GroupRated>? groups, List<AttackRated> ran, Rated? worst)
    {
        _files.Close(all);
        var manifest = _subject.Data;
        var results = new EvaluationResults(_request.Checkpoint, _subject.WeightsSha256, manifest.Id, manifest.Version, _request.Split.ToString().ToLowerInvariant(), Images, _request.Seed,
            _request.Precision.ToString().ToLowerInvariant(), clean, ran, worst, _subject.Match.Columns?.Length, groups);
        Durable.Replace(Path.Combine(_job.Folder.Path, "results.json"), JobJson.Bytes(results));
        var values = ran.ToDictionary(a => $"eval.{a.Name}", a => a.Robust.Accuracy);
        values["eval.clean"] = clean.Accuracy;
        if (worst is not null) values["eval.worst"] = worst.Accuracy;
        return JobEnd.Completed(values);
    }

    private Dictionary<string, Tensor>? Clean()
    {
        var began = _job.Time.GetTimestamp();
        var (parts, right, done) = (new List<Dictionary<string, Tensor>>(), 0L, 0);
        for (var k = 0; k < Batches.Length; k++)
        {
            using var scope = Scope.Enter();
            var (tensors, _) = _files.Part(0, k, () => Predict(Batches[k]));
            parts.Add(Hold(scope, tensors));
            right += Count(tensors["label"].eq(tensors["predicted"]));
            done += Batches[k].Length;
            Tell("clean", done, right, began, done, 0);
            _job.Control.Step();
            if (_job.Control.Wish == Wish.Pause) return null;
        }
        return Joined(parts);
    }

    private (Dictionary<string, Tensor> Outcomes, AttackRated Rated)? Attack(int number, string name, AttackOptions options)
    {
        var began = _job.Time.GetTimestamp();
        var attack = options.Build();
        var (parts, robust, done, errors, forward, backward) = (new List<Dictionary<string, Tensor>>(), 0L, 0, 0L, 0L, 0L);
        for (var k = 0; k < Batches.Length; k++)
        {
            using var scope = Scope.Enter();
            var (tensors, _) = _files.Part(number, k, () => Break(attack, number, Batches[k]));
            parts.Add(Hold(scope, tensors));
            robust += Count(tensors["broken"].logical_or(tensors["error"]).logical_not());
            errors += Count(tensors["error"]);
            forward += tensors["forwards"].sum().item<long>();
            backward += tensors["backwards"].sum().item<long>();
            done += Batches[k].Length;
            Tell(name, done, robust, began, forward, backward);
            _job.Control.Step();
            if (_job.Control.Wish == Wish.Pause) return null;
        }
        return (Joined(parts), new AttackRated(name, JsonSerializer.SerializeToElement(options, OptionsJson.Canonical), Rated.Of(robust, Images),
            errors, _job.Time.GetElapsedTime(began).TotalSeconds, forward, backward, Fronts(attack, parts)));
    }

    private Dictionary<string, double>? Fronts(Attack attack, List<Dictionary<string, Tensor>> parts)
    {
        if (_victim.Fronts.Count == 1 || !attack.Climbs) return null;
        long Left(Dictionary<string, Tensor> outcomes, int front) =>
            Count(outcomes["broken"].logical_and(outcomes["round"].lt((front + 1) * attack.Rounds)).logical_or(outcomes["error"]).logical_not());
        return _victim.Fronts.Select((front, k) => (front.Name, Left: (double)parts.Sum(p => Left(p, k)) / Images)).ToDictionary(f => f.Name, f => f.Left);
    }

    private Dictionary<string, Tensor> Predict(long[] indices)
    {
        using var off = NoGrad.Enter();
        var (x, y) = _subject.Read(indices);
        return new() { ["label"] = y.cpu(), ["predicted"] = _victim.Logits(x).argmax(1).cpu() };
    }

    private Dictionary<string, Tensor> Break(Attack attack, int number, long[] indices)
    {
        var (x, y) = _subject.Read(indices);
        var draws = _subject.Rng.Draw($"evaluate.{number}", Tensor.From(indices, indices.Length).to(y.device), 0);
        var outcome = attack.Run(_victim, x, y, draws, observer: new StepRelay(_job.Control));
        return new()
        {
            ["broken"] = outcome.Success.cpu(),
            ["error"] = outcome.Error.cpu(),
            ["predicted"] = outcome.LabelAfter.cpu(),
            ["linf"] = Flat(outcome.Linf),
            ["l2"] = Flat(outcome.L2),
            ["l1"] = Flat(outcome.L1),
            ["forwards"] = outcome.Forwards.cpu(),
            ["backwards"] = outcome.Backwards.cpu(),
            ["first"] = outcome.FirstSuccess.cpu(),
            ["round"] = outcome.Round.cpu(),
        };
    }

    private Victim Fronted()
    {
        var network = _subject.Network;
        if (_request.BankWeight is not null && network.Shape.Generators != true)
            throw new JobFailure(FailureCode.BadRecipe, "bankWeight: the network does not fuse banks of batch norm; leave it out");
        var pass = _request.BankWeight is { } weight ? Pass.Eval with { Route = Route.Blend(weight) } : Pass.Eval;
        var kind = network.Parameters.First().Slot.Value.device.Kind;
        return new Victim(network, pass, _request.Precision == Precision.Fp32 ? null : forward =>
        {
            using var autocast = Autocast.Enter(kind);
            return forward();
        }, _subject.Match.Columns);
    }

    private void Tell(string attack, int done, long right, long began, long forward, long backward)
    {
        var rated = Rated.Of(right, done);
        _job.Outbox.Append(new AttackResult(attack, done, Images, rated.Accuracy, rated.Low, rated.High,
            _job.Time.GetElapsedTime(began).TotalSeconds, forward, backward));
    }

    // Clean accuracy of each group that has images among those taken; null: the data set has no groups.
    private List<GroupRated>? Groups(Tensor right)
    {
        if (_subject.Data.Groups is not { } groups || _request.Split != Split.Test) return null;
        var (index, hit) = (Batches.SelectMany(b => b).ToArray(), right.to(DType.Int64).ToArray<long>());
        var rated = new List<GroupRated>();
        foreach (var group in groups)
        {
            var (from, to) = (Place(index, group.First), Place(index, group.First + group.Count));
            if (to > from) rated.Add(new GroupRated(group.Name, Rated.Of(hit.AsSpan(from, to - from).ToArray().Sum(), to - from)));
        }

        return rated;

        static int Place(long[] ascending, long value) => Array.BinarySearch(ascending, value) is var at && at < 0 ? ~at : at;
    }

    // pgd20, pgd20-2, ...: short names that tell two attacks of one kind apart.
    private static IEnumerable<(string Name, AttackOptions Options)> Named(IEnumerable<AttackOptions> attacks)
    {
        var seen = new Dictionary<string, int>();
        foreach (var options in attacks)
        {
            var name = Probe.NameOf(options);
            var times = seen[name] = seen.GetValueOrDefault(name) + 1;
            yield return (times == 1 ? name : $"{name}-{times}", options);
        }
    }

    private static Dictionary<string, Tensor> Hold(Scope scope, Dictionary<string, Tensor> tensors)
    {
        scope.Keep([.. tensors.Values]);
        return tensors;
    }

    private static Dictionary<string, Tensor> Joined(List<Dictionary<string, Tensor>> parts) =>
        parts[0].Keys.ToDictionary(name => name, name => Ops.cat([.. parts.Select(p => p[name])], 0));

    private static void Keep(Dictionary<string, Tensor> all, string prefix, Dictionary<string, Tensor> tensors)
    {
        foreach (var (name, tensor) in tensors) all[$"{prefix}.{name}"] = tensor;
    }

    private static Tensor Flat(Tensor distances) => distances.reshape(-1).cpu();

    private static long Count(Tensor flags) => flags.sum().item<long>();
}

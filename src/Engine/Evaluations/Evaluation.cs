using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lint;
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
    private readonly CorruptionRun _corruptions;
    private readonly RadiusCurve _curve;

    private Evaluation(Job job, EvaluationRequest request, Device device)
    {
        (_job, _request, _files) = (job, request, new OutcomeFiles(job.Folder.Path));
        _subject = new Subject(job.Spec.Data, request, device);
        _victim = Fronted();
        _corruptions = new CorruptionRun(job, request, _subject, _victim, _files);
        _curve = new RadiusCurve(job, request, _subject, _victim, _files);
    }

    /// <exception cref="JobFailure">With the code that the failed event carries.</exception>
    /// <exception cref="JobCancelled">Between two attack steps.</exception>
    public static JobEnd Run(Job job)
    {
        var request = SubjectRequest.Read<EvaluationRequest>(job.Folder.Request);
        var device = TrainJob.Place(request.Device);
        if (device.Kind == DeviceKind.Cpu) SideBySide.Share(job.Spec.Threads);
        else Libtorch.SetThreads(job.Spec.Threads);
        using var evaluation = new Evaluation(job, request, device);
        return evaluation.Run();
    }

    public void Dispose() => _subject.Dispose();

    private int Images => _subject.Count;

    private JobEnd Run()
    {
        using var scope = Scope.Enter();
        _job.Outbox.Append(Reporter.Attempt(_subject.Device, _request.Precision, _job.Spec.Threads));
        if (_subject.Match.Note is { } note) _job.Outbox.Log(note, _subject.Match.Columns is null ? "warning" : "info");
        if (Clean() is not { } clean) return JobEnd.Paused;
        var groups = Groups(clean["label"].eq(clean["predicted"]));
        if (!_corruptions.Run(clean, groups)) return JobEnd.Paused;
        var tally = new Tally([.. _subject.Batches.SelectMany(b => b)], clean, (long)_request.KeepImages << 20);
        var ran = new List<AttackRated>();
        foreach (var stage in _request.Stages())
        {
            if (Attack(stage, tally) is not { } rated) return JobEnd.Paused;
            ran.Add(rated);
        }

        if (!_curve.Run(tally)) return JobEnd.Paused;
        return Close(tally, groups, ran);
    }

    private JobEnd Close(Tally tally, List<GroupRated>? groups, List<AttackRated> ran)
    {
        var lint = Lint(tally);
        _files.Close(tally.Columns, tally.Images());
        var (manifest, clean) = (_subject.Data, Rated.Of(tally.Correct.Length, Images));
        var worst = ran.Count == 0 ? null : Rated.Of(tally.Standing.Length, Images);
        var eight = ran.Count == 0 ? null : Rated.Of(tally.Standing.Length + tally.LostInEightBits(ran.Select(a => a.Name)), Images);
        var attempt = Reporter.Attempt(_subject.Device, _request.Precision, _job.Spec.Threads);
        var results = new EvaluationResults(_request.Checkpoint, _subject.WeightsSha256, manifest.Id, manifest.Version, _request.Split.ToString().ToLowerInvariant(), Images, _request.Seed,
            _request.Precision.ToString().ToLowerInvariant(), clean, ran, worst, _subject.Match.Columns?.Length, groups, _request.Mode.ToString().ToLowerInvariant(), eight,
            new EvaluationPlace(attempt.Device, _subject.Device.Kind == DeviceKind.Cpu ? Processor.This.Name : attempt.DeviceName, attempt.Libtorch, attempt.Version, attempt.Threads, _request.BatchSize), lint, _corruptions.Results, _curve.Results);
        Durable.Replace(Path.Combine(_job.Folder.Path, "results.json"), JobJson.Bytes(results));
        EvaluationDocument.Write(_job.Folder.Path, results, manifest.Classes, tally.Columns);
        var values = ran.ToDictionary(a => $"eval.{a.Name}", a => a.Robust.Accuracy);
        values["eval.clean"] = clean.Accuracy;
        if (worst is not null) values["eval.worst"] = worst.Accuracy;
        if (lint is not null) values["eval.lint"] = lint.Points;
        if (_corruptions.Results?.Error is { } lost) values["eval.corrupted"] = 1 - lost;
        if (_curve.Results is { } curve) values["eval.curve"] = curve.Area;
        return JobEnd.Completed(values);
    }

    /// <summary>Checks the figure on some of the images, at the radius of the last attack that keeps one.</summary>
    private LintReport? Lint(Tally tally)
    {
        if (_request.LintImages == 0 || _request.Stages().Select(s => (s.Options as BudgetedOptions)?.Bound()).LastOrDefault(b => b is not null) is not { Eps.Value: > 0 } ball) return null;
        using var scope = Scope.Enter();
        long[] indices = [.. tally.Indices.Take(_request.LintImages)];
        var (standing, (x, y)) = (tally.Standing.ToHashSet(), _subject.Read(indices));
        var draws = _subject.Rng.Draw("lint", Tensor.From(indices, indices.Length).to(y.device), 0);
        var report = LintChecks.Run(new LintBench(_victim, x, y, ball, draws, new StepRelay(_job.Control)) { LeftByBattery = [.. Enumerable.Range(0, indices.Length).Select(k => standing.Contains(k))] });
        _job.Outbox.Log($"checked on {report.Images} images: grade {report.Grade}{string.Concat(report.Findings.Where(f => f.Verdict is LintVerdict.Warn or LintVerdict.Fail).Select(f => $"; {f.Check}: {f.Evidence}"))}");
        return report;
    }

    private Dictionary<string, Tensor>? Clean()
    {
        var began = _job.Time.GetTimestamp();
        var (parts, right, done) = (new List<Dictionary<string, Tensor>>(), 0L, 0);
        foreach (var (k, indices) in _subject.Batches.Index())
        {
            using var scope = Scope.Enter();
            var part = _files.Part(0, k, () => Predict(indices));
            scope.Keep([.. part.Values]);
            parts.Add(part);
            right += Count(part["label"].eq(part["predicted"]));
            done += indices.Length;
            Tell("clean", done, Images, Rated.Of(right, done), _job.Time.GetElapsedTime(began).TotalSeconds, done, 0);
            _job.Control.Step();
            if (_job.Control.Wish == Wish.Pause) return null;
        }

        return parts[0].Keys.ToDictionary(name => name, name => Ops.cat([.. parts.Select(p => p[name])], 0));
    }

    /// <summary>One attack on the images that are its to try, gathered into full batches. Null: a pause is wished.</summary>
    private AttackRated? Attack(EvaluationStage stage, Tally tally)
    {
        var (attack, parts) = (stage.Options.Build(), new List<Dictionary<string, Tensor>>());
        var rows = _request.Mode == EvaluationMode.Cascade ? tally.Standing : tally.Correct;
        tally.Begin(stage);
        var (done, broke, errors, forward, backward, seconds) = (0, 0L, 0L, 0L, 0L, 0.0);
        Rated Left() => Rated.Of(rows.Length - broke - errors, Images);
        foreach (var (k, batch) in rows.Chunk(_request.BatchSize).Index())
        {
            Dictionary<string, Tensor> part;
            using (var scope = Scope.Enter())
            {
                part = _files.Part(stage.Number, k, () => Break(attack, stage, tally, batch));
                scope.Keep([.. part.Values]);
            }

            tally.Enter(stage, part);
            parts.Add(part);
            (broke, errors) = (broke + Count(part["broken"]), errors + Count(part["error"]));
            (forward, backward) = (forward + Count(part["forwards"]), backward + Count(part["backwards"]));
            (done, seconds) = (done + batch.Length, seconds + part["seconds"].item<double>());
            Tell(stage.Name, done, rows.Length, Left(), seconds, forward, backward);
            _job.Control.Step();
            if (_job.Control.Wish == Wish.Pause) return null;
        }

        if (rows.Length == 0) Tell(stage.Name, 0, 0, Left(), 0, 0, 0);
        return new AttackRated(stage.Name, JsonSerializer.SerializeToElement(stage.Options, OptionsJson.Canonical), Left(), errors, seconds, forward, backward,
            Fronts(attack, parts, rows.Length), rows.Length, broke, parts.Sum(p => Count(p["broken"]) - Count(p["broken8"])), stage.Ensemble);
    }

    private Dictionary<string, double>? Fronts(Attack attack, List<Dictionary<string, Tensor>> parts, int tried)
    {
        if (_victim.Fronts.Count == 1 || !attack.Climbs) return null;
        long Lost(Dictionary<string, Tensor> part, int front) =>
            Count(part["broken"].logical_and(part["round"].lt((front + 1) * attack.Rounds)).logical_or(part["error"]));
        return _victim.Fronts.Select((front, k) => (front.Name, Left: (double)(tried - parts.Sum(p => Lost(p, k))) / Images)).ToDictionary(f => f.Name, f => f.Left);
    }

    private Dictionary<string, Tensor> Predict(long[] indices)
    {
        using var off = NoGrad.Enter();
        var (x, y) = _subject.Read(indices);
        var logits = _victim.Judged(x);
        return new() { ["label"] = y.cpu(), ["predicted"] = logits.argmax(1).cpu(), ["error"] = logits.isfinite().all(1).logical_not().cpu(), ["margin"] = (-Losses.Margin(logits, y)).cpu(), ["logits"] = logits.cpu() };
    }

    private Dictionary<string, Tensor> Break(Attack attack, EvaluationStage stage, Tally tally, long[] rows)
    {
        var (row, y, outcome, seconds) = Strike.At(_job, _subject, _victim, attack, tally, rows, $"evaluate.{stage.Number}");
        var part = new Dictionary<string, Tensor>
        {
            ["row"] = row,
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
            ["seconds"] = Tensor.From(new[] { seconds }, 1),
        };
        Look(part, tally, row, outcome, y);
        return part;
    }

    /// <summary>Adds what the images show that were found: their margin, whether they survive 8 bits, and themselves while there is room.</summary>
    private void Look(Dictionary<string, Tensor> part, Tally tally, Tensor row, Outcome outcome, Tensor y)
    {
        using var off = NoGrad.Enter();
        var broken = outcome.Success.nonzero().squeeze(1);
        part["margin"] = tally.Columns["clean.margin"].index_select(0, row);
        part["broken8"] = part["broken"].clone();
        if (broken.shape[0] == 0) return;
        var (images, labels, place) = (outcome.X.index_select(0, broken), y.index_select(0, broken), broken.cpu());
        part["margin"].index_copy_(0, place, (-Losses.Margin(_victim.Judged(images), labels)).cpu());
        part["broken8"].index_copy_(0, place, _victim.Judged(images.mul(255).round().div(255)).argmax(1).ne(labels).cpu());
        if (!tally.HasRoom(images.numel() * sizeof(float))) return;
        (part["image"], part["imageRow"]) = (images.cpu(), row.index_select(0, place));
    }

    private Victim Fronted()
    {
        var network = _subject.Network;
        if (_request.BankWeight is not null && network.Shape.Generators != true)
            throw new JobFailure(FailureCode.BadRecipe, "bankWeight: the network does not fuse banks of batch norm; leave it out");
        var pass = _request.BankWeight is { } weight ? _subject.Frozen with { Route = Route.Blend(weight) } : _subject.Frozen;
        var kind = network.Parameters.First().Slot.Value.device.Kind;
        return new Victim(network, pass, _request.Precision == Precision.Fp32 ? null : forward =>
        {
            using var autocast = Autocast.Enter(kind);
            return forward();
        }, _subject.Match.Columns);
    }

    private void Tell(string attack, int done, int total, Rated rated, double seconds, long forward, long backward) =>
        _job.Outbox.Append(new AttackResult(attack, done, total, rated.Accuracy, rated.Low, rated.High, seconds, forward, backward));

    // Clean accuracy of each group that has images among those taken; null: the data set has no groups.
    private List<GroupRated>? Groups(Tensor right)
    {
        if (_subject.Data.Groups is not { } groups || _request.Split != Split.Test) return null;
        var (index, hit) = (_subject.Batches.SelectMany(b => b).ToArray(), right.to(DType.Int64).ToArray<long>());
        var rated = new List<GroupRated>();
        foreach (var group in groups)
        {
            var (from, to) = (Place(index, group.First), Place(index, group.First + group.Count));
            if (to > from) rated.Add(new GroupRated(group.Name, Rated.Of(hit.AsSpan(from, to - from).ToArray().Sum(), to - from)));
        }

        return rated;

        static int Place(long[] ascending, long value) => Array.BinarySearch(ascending, value) is var at && at < 0 ? ~at : at;
    }

    private static Tensor Flat(Tensor distances) => distances.reshape(-1).cpu();

    private static long Count(Tensor flags) => flags.sum().item<long>();
}

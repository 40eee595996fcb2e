using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>The corruptions of an evaluation, made on the fly; or the summary of a data set that has them stored.</summary>
public sealed class CorruptionRun
{
    /// <summary>The network's choices and how sure it was of each, under every corruption.</summary>
    public const string File = "corruptions.safetensors";

    // Numbers of parts beyond those of attacks.
    private const int FirstPart = 1000;
    private const int Bins = 15;

    private readonly Job _job;
    private readonly EvaluationRequest _request;
    private readonly Subject _subject;
    private readonly Victim _victim;
    private readonly OutcomeFiles _files;
    private readonly IReadOnlyList<Corruption> _corruptions;
    private readonly int[] _severities;
    private readonly CorruptionBaseline? _baseline;

    /// <exception cref="JobFailure"><c>bad-recipe</c>: the message names the field.</exception>
    public CorruptionRun(Job job, EvaluationRequest request, Subject subject, Victim victim, OutcomeFiles files)
    {
        (_job, _request, _subject, _victim, _files) = (job, request, subject, victim, files);
        _severities = [.. request.Severities.Order()];
        _corruptions = CorruptionNames.Chosen(request.Corruptions, Photographs());
        _baseline = request.CorruptionBaseline is { } name ? CorruptionBaseline.Find(name, job.Spec.Data, _severities) : null;
    }

    /// <summary>Null before the end, and where no corruption was asked for and none is stored.</summary>
    public CorruptionResults? Results { get; private set; }

    /// <summary>Tries every corruption; done batches come from the disk.</summary>
    /// <param name="clean">Label and choice without corruption, N each.</param>
    /// <param name="groups">Of a data set in groups: each one's accuracy.</param>
    /// <returns>False: the job is to pause.</returns>
    public bool Run(Dictionary<string, Tensor> clean, IReadOnlyList<GroupRated>? groups)
    {
        var (labels, tried) = (clean["label"].ToArray<long>(), new List<Tried>());
        foreach (var (k, corruption) in _corruptions.Index())
        {
            if (Try(corruption, FirstPart + k) is not { } outcomes) return false;
            tried.Add(new Tried(Kinds.Corruptions.Entries.Single(e => e.Type == corruption.GetType()), outcomes));
        }

        if (tried.Count == 0) Results = (groups is null ? null : CorruptionResults.FromGroups(groups))?.With(_baseline);
        else
        {
            var right = clean["predicted"].eq(clean["label"]).logical_and(clean["error"].logical_not()).sum().item<long>();
            Results = Summed(tried, labels, (double)right / labels.Length).With(_baseline);
            Safetensors.Write(Path.Combine(_job.Folder.Path, File), tried.SelectMany(t => t.Outcomes.Select(o => ($"{t.Entry.Kind}/{o.Key}", o.Value))).ToDictionary(o => o.Item1, o => o.Value));
        }

        return true;
    }

    private sealed record Tried(Entry Entry, Dictionary<string, Tensor> Outcomes);

    // N each: 3.predicted, 3.confidence for severity 3.
    private Dictionary<string, Tensor>? Try(Corruption corruption, int part)
    {
        var (began, kind, done) = (_job.Time.GetTimestamp(), Kinds.Corruptions.KindOf(corruption), 0);
        var (parts, right) = (new List<Dictionary<string, Tensor>>(), new long[_severities.Length]);
        foreach (var (k, indices) in _subject.Batches.Index())
        {
            using var scope = Scope.Enter();
            var tensors = _files.Part(part, k, () => Look(corruption, indices));
            scope.Keep([.. tensors.Values]);
            parts.Add(tensors);
            for (var s = 0; s < right.Length; s++) right[s] += tensors[$"{_severities[s]}.predicted"].eq(tensors["label"]).sum().item<long>();
            done += indices.Length;
            _job.Outbox.Append(new CorruptionResult(kind, _severities, done, _subject.Count, [.. right.Select(r => (double)r / done)], _job.Time.GetElapsedTime(began).TotalSeconds));
            _job.Control.Step();
            if (_job.Control.Wish == Wish.Pause) return null;
        }

        return parts[0].Keys.Where(name => name != "label").ToDictionary(name => name, name => Ops.cat([.. parts.Select(p => p[name])], 0));
    }

    private Dictionary<string, Tensor> Look(Corruption corruption, long[] indices)
    {
        using var off = NoGrad.Enter();
        var (x, y) = _subject.Read(indices);
        var bytes = x.mul(255).round().to(DType.UInt8).contiguous().ToArray<byte>();
        var shape = new ImageShape((int)x.size(1), (int)x.size(2), (int)x.size(3));
        var outcomes = new Dictionary<string, Tensor> { ["label"] = y.cpu() };
        foreach (var severity in _severities)
        {
            using var scope = Scope.Enter();
            var corrupted = new byte[bytes.Length];
            Parallel.For(0, indices.Length, new ParallelOptions { MaxDegreeOfParallelism = _job.Spec.Threads }, i =>
                corruption.Apply(bytes.AsSpan(i * shape.Bytes, shape.Bytes), shape, severity, _request.Seed, indices[i]).CopyTo(corrupted.AsSpan(i * shape.Bytes)));
            var logits = _victim.Judged(Tensor.From(corrupted, x.shape).to(x.device).to(x.dtype).div_(255)).to(DType.Float32);
            // No choice where the network is not finite: wrong, with no confidence.
            var finite = logits.isfinite().all(1);
            outcomes[$"{severity}.predicted"] = scope.Keep(((logits.argmax(1) + 1) * finite - 1).to(DType.Int32).cpu());
            outcomes[$"{severity}.confidence"] = scope.Keep(Ops.where(finite, logits.softmax(1).amax(1), 0.0).to(DType.Float32).cpu());
            _job.Control.Step();
        }

        return outcomes;
    }

    private CorruptionResults Summed(List<Tried> tried, long[] labels, double clean)
    {
        var classes = _subject.Data.Classes.Count;
        var (wrong, seen) = (new long[classes], new long[classes]);
        var rated = new List<CorruptionRated>();
        foreach (var (entry, outcomes) in tried)
        {
            var cells = _severities.Select(s => (Chosen: outcomes[$"{s}.predicted"].ToArray<int>(), Sure: outcomes[$"{s}.confidence"].ToArray<float>())).ToList();
            var one = CorruptionRated.Of(entry, [.. cells.Select(c => Rated.Of(c.Chosen.Zip(labels, (p, l) => p == l ? 1L : 0).Sum(), labels.Length))]);
            rated.Add(one with { Confidence = cells.Average(c => c.Sure.Average(v => (double)v)), CalibrationError = Calibration(cells.SelectMany(c => c.Sure.Select((p, i) => (p, c.Chosen[i] == labels[i])))) });
            if (!one.Counts) continue;
            foreach (var (chosen, _) in cells)
                for (var i = 0; i < labels.Length; i++)
                {
                    seen[labels[i]]++;
                    if (chosen[i] != labels[i]) wrong[labels[i]]++;
                }
        }

        var summed = CorruptionResults.Summed(CorruptionResults.Made, _severities, rated, clean);
        return summed.Counted == 0 ? summed : summed with { ClassErrors = [.. wrong.Zip(seen, (w, n) => n == 0 ? (double?)null : (double)w / n)] };
    }

    // Mean over images of how far confidence and accuracy lie apart in their bin.
    private static double Calibration(IEnumerable<(float Confidence, bool Right)> images)
    {
        var (sum, count) = (new double[Bins], 0);
        foreach (var (confidence, right) in images)
        {
            sum[Math.Min(Bins - 1, (int)(confidence * Bins))] += confidence - (right ? 1 : 0);
            count++;
        }

        return sum.Sum(Math.Abs) / count;
    }

    private IReadOnlyList<RgbImage>? Photographs()
    {
        if (_request.Corruptions.Count == 0) return null;
        try
        {
            var photographs = FrostPhotographs.Read(_job.Spec.Data);
            if (photographs is null && CorruptionNames.Insists(_request.Corruptions)) throw new JobFailure(FailureCode.BadRecipe,
                $"corruptions: frost needs the benchmark's photographs in {Path.Combine(_job.Spec.Data, FrostPhotographs.Folder)}", "Put them there, or ask for frost-synthetic, which no average has.");
            return photographs;
        }
        catch (InvalidDataException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, $"corruptions: {e.Message}", inner: e);
        }
    }
}

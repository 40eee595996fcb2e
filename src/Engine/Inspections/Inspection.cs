using System.Text.Json;
using WebLab.Engine.Catalog;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Inspections;

/// <summary>
/// The body of jobs of kind <c>inspect</c>: looks into one checkpoint through every lens that fits it. It takes minutes; a paused one starts
/// anew.
/// </summary>
public static class Inspection
{
    /// <exception cref="JobFailure">With the code that the failed event carries.</exception>
    /// <exception cref="JobCancelled">Between two attack steps.</exception>
    public static JobEnd Run(Job job)
    {
        var request = SubjectRequest.Read<InspectionRequest>(job.Folder.Request);
        Libtorch.SetThreads(job.Spec.Threads);
        using var scope = Scope.Enter();
        using var subject = new Subject(job.Spec.Data, request, TrainJob.Place(request.Device));
        if (subject.Match.Columns is not null) throw new JobFailure(FailureCode.BadRecipe,
            $"data: '{subject.Data.Id}' has some of the network's classes or has them in another order; lenses need images of all its classes.");
        job.Outbox.Append(Reporter.Attempt(subject.Device, Precision.Fp32, job.Spec.Threads));
        var lenses = Chosen(request, subject, job.Folder.Images);
        return Look(job, request, subject, [.. lenses.Select(l => l.Lens)]) ? Close(job, request, subject, lenses) : JobEnd.Paused;
    }

    private static bool Look(Job job, InspectionRequest request, Subject subject, IReadOnlyList<Lens> lenses)
    {
        using var off = NoGrad.Enter();
        var (attack, done) = (request.Attack.Build(), 0);
        foreach (var indices in subject.Batches)
        {
            using var scope = Scope.Enter();
            job.Outbox.Append(new InspectionProgress(done, subject.Count));
            var slide = new Slide(subject, attack, indices, job.Control);
            foreach (var lens in lenses)
            {
                using var inner = Scope.Enter();
                lens.Look(slide);
                job.Control.Step();
                if (job.Control.Wish == Wish.Pause) return false;
            }

            done += indices.Length;
        }

        job.Outbox.Append(new InspectionProgress(done, subject.Count));
        return true;
    }

    private static JobEnd Close(Job job, InspectionRequest request, Subject subject, IReadOnlyList<(string Name, Lens Lens)> lenses)
    {
        var columns = lenses.SelectMany(l => l.Lens.Columns).ToDictionary(c => c.Key, c => c.Value);
        columns["index"] = Tensor.From(subject.Batches.SelectMany(b => b).ToArray(), subject.Count);
        Safetensors.Write(Path.Combine(job.Folder.Path, InspectionResults.Columns), columns);
        var findings = lenses.ToDictionary(l => l.Name, l => JsonSerializer.SerializeToElement(l.Lens.Finding, JobJson.Options));
        var results = new InspectionResults(request.Checkpoint, subject.WeightsSha256, subject.Data.Id, subject.Data.Version, request.Split.ToString().ToLowerInvariant(),
            subject.Count, request.Seed, JsonSerializer.SerializeToElement(request.Attack, OptionsJson.Canonical), findings);
        Durable.Replace(Path.Combine(job.Folder.Path, InspectionResults.FileName), JobJson.Bytes(results));
        return JobEnd.Completed(lenses.SelectMany(l => l.Lens.Headlines).ToDictionary(h => h.Key, h => h.Value));
    }

    private static List<(string Name, Lens Lens)> Chosen(InspectionRequest request, Subject subject, string images)
    {
        var chosen = request.Lenses.Count == 0 ? [.. Lenses.All.Where(l => l.Fits(subject.Network))] : request.Lenses.Distinct().Select(n => Lenses.Find(n)!).ToList();
        if (chosen.FirstOrDefault(l => !l.Fits(subject.Network)) is { } wrong)
            throw new JobFailure(FailureCode.BadRecipe, $"lenses: '{wrong.Name}' needs a network with {wrong.Needs}; this one has none");
        return [.. chosen.Select(l => (l.Name, l.Make(subject, request, images)))];
    }
}

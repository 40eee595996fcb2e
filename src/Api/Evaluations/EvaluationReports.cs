using System.Globalization;
using System.Text;
using WebLab.Api.Datasets;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lint;

namespace WebLab.Api.Evaluations;

/// <summary>Two evaluations, image by image.</summary>
/// <param name="First">The evaluation that was asked.</param>
/// <param name="Second">The one it is set against.</param>
public sealed record EvaluationComparison(ContenderView First, ContenderView Second, Pairing Paired);

/// <param name="Name">As the sentence calls it.</param>
/// <param name="Images">That it looked at.</param>
public sealed record ContenderView(string Id, string Name, int Images);

/// <summary>What can be read out of an evaluation that has completed.</summary>
public sealed class EvaluationReports(EvaluationService evaluations, DatasetService datasets, DataDirectory data)
{
    /// <summary>Its figures as the worker wrote them.</summary>
    /// <exception cref="Refusal">404; 409 before the end.</exception>
    public async Task<EvaluationResults> Results(string id, CancellationToken cancel) => JobJson.Read<EvaluationResults>(await Path(id, "results.json", cancel));

    /// <summary>The checks that it made of itself.</summary>
    /// <exception cref="Refusal">404; 409 before the end, and where it was not checked.</exception>
    public async Task<LintReport> Lint(string id, CancellationToken cancel) =>
        (await Results(id, cancel)).Lint ?? throw new Refusal(ProblemKinds.Conflict, "this evaluation was not checked: no attack of it keeps a radius, or lintImages was 0");

    /// <summary>What became of every image.</summary>
    /// <exception cref="Refusal">404; 409 before the end.</exception>
    public async Task<Outcomes> Outcomes(string id, CancellationToken cancel) => OutcomeTable.Read(await Path(id, OutcomeFiles.All, cancel)).Outcomes();

    /// <exception cref="Refusal">404; 409 before the end.</exception>
    public async Task<EvaluationStatistics> Statistics(string id, CancellationToken cancel) =>
        EvaluationStatistics.Of(await Outcomes(id, cancel), Classes(await Results(id, cancel)));

    /// <summary>Names of the classes; empty when the data set is not here any more.</summary>
    public IReadOnlyList<string> Classes(EvaluationResults results)
    {
        try
        {
            return [.. datasets.Get(results.Data, results.Version).Classes.Select(c => c.Name)];
        }
        catch (Refusal)
        {
            return [];
        }
    }

    /// <summary>Sets two evaluations on the same images against each other.</summary>
    /// <exception cref="Refusal">404; 409 before the end of either; 422 for what cannot be paired.</exception>
    public async Task<EvaluationComparison> Compare(string id, string other, CancellationToken cancel)
    {
        var (first, second) = (await evaluations.Get(id, cancel), await evaluations.Get(other, cancel));
        var alike = first.Name == second.Name && id != other;
        string Name(EvaluationView view) => alike ? $"{view.Name} ({view.Id[^6..]})" : view.Name;
        var (a, b) = (new Contender($"“{Name(first)}”", await Results(id, cancel), await Outcomes(id, cancel)), new Contender($"“{Name(second)}”", await Results(other, cancel), await Outcomes(other, cancel)));
        try
        {
            return new EvaluationComparison(new ContenderView(id, Name(first), a.Outcomes.Count), new ContenderView(other, Name(second), b.Outcomes.Count), Pairing.Of(a, b));
        }
        catch (PairingRefused e)
        {
            throw Refusal.Unprocessable("with", e.Message);
        }
    }

    /// <summary>What became of every image, as a table; cells of attacks that were not given the image are empty.</summary>
    public async Task<string> Csv(string id, CancellationToken cancel)
    {
        var o = await Outcomes(id, cancel);
        var csv = new StringBuilder("index,label,predicted,adversarial,first");
        foreach (var a in o.Attacks)
            foreach (var column in new[] { "tried", "broken", "error", "predicted", "linf", "l2", "l1", "forwards", "backwards" }) csv.Append(',').Append(a.Name).Append('.').Append(column);
        csv.Append("\r\n");
        for (var i = 0; i < o.Count; i++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{o.Index[i]},{o.Label[i]},{o.Predicted[i]},{(o.NoAnswer(i) ? "" : o.Answer(i).ToString(CultureInfo.InvariantCulture))},{(o.First[i] > 0 ? o.Attacks[o.First[i] - 1].Name : "")}");
            foreach (var a in o.Attacks) Attack(csv, o, a, i);
            csv.Append("\r\n");
        }

        return csv.ToString();
    }

    private static void Attack(StringBuilder csv, Outcomes o, AttackOutcomes a, int i)
    {
        if (!a.Tried[i] || !o.Right(i))
        {
            csv.Append(",0,,,,,,,,");
            return;
        }

        csv.Append(CultureInfo.InvariantCulture, $",1,{(a.Broken[i] ? 1 : 0)},{(a.Error[i] ? 1 : 0)},{a.Predicted[i]}");
        foreach (var sizes in new[] { a.Linf, a.L2, a.L1 }) csv.Append(',').Append(sizes.Length > i ? sizes[i].ToString("R", CultureInfo.InvariantCulture) : "");
        foreach (var passes in new[] { a.Forwards, a.Backwards }) csv.Append(',').Append(passes.Length > i ? passes[i].ToString(CultureInfo.InvariantCulture) : "");
    }

    /// <summary>A file of the job's folder, once the evaluation is over.</summary>
    /// <exception cref="Refusal">404; 409 before the end, and where the evaluation left no such file.</exception>
    public async Task<string> Path(string id, string file, CancellationToken cancel)
    {
        var view = await evaluations.Get(id, cancel);
        var path = System.IO.Path.Combine(data.Run(id), file);
        if (view.Status != RunStatus.Completed) throw new Refusal(ProblemKinds.Conflict, $"figures of single images are there once the evaluation has completed; it is {Journal.Word(view.Status)}");
        return File.Exists(path) ? path : throw new Refusal(ProblemKinds.Conflict, $"this evaluation left no {file}");
    }
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>The loss around one image.</summary>
/// <param name="Index">Of the image in its split.</param>
/// <param name="Label">Its class.</param>
/// <param name="AttackedLabel">The answer at the attacked point.</param>
/// <param name="Image">Picture of the image; file name under <c>images/</c>.</param>
/// <param name="Attacked">Picture of the attacked point.</param>
/// <param name="Reach">L2 length of the attack's perturbation, the unit of both axes.</param>
/// <param name="CleanLoss">Cross-entropy of the image.</param>
/// <param name="AttackedLoss">Cross-entropy of the attacked point.</param>
/// <param name="Losses">Cross-entropy at each point, row by row: for each place across, all places along.</param>
/// <param name="Answers">The class answered at each point.</param>
public sealed record LossSurface(long Index, int Label, int AttackedLabel, string Image, string Attacked, double Reach, double CleanLoss, double AttackedLoss,
    IReadOnlyList<float> Losses, IReadOnlyList<int> Answers);

/// <summary>Finding of <see cref="SurfaceLens"/>.</summary>
/// <param name="Along">Places along the attack's direction: 0 is the image, 1 the attacked point.</param>
/// <param name="Across">Places along the random direction.</param>
/// <param name="Images">The first ones that are classified correctly.</param>
public sealed record SurfaceFinding(IReadOnlyList<double> Along, IReadOnlyList<double> Across, IReadOnlyList<LossSurface> Images);

/// <summary>
/// The loss around an image x in the plane of two directions: u = x' - x with x' of the request's attack, and a random v of signs made
/// orthogonal to u and as long. Points x + a u + b v are cut to [0,1] and answered as in inference, through the main bank.
/// </summary>
public sealed class SurfaceLens(Network network, InspectionRequest request, string images) : Lens
{
    public const string Name = "loss-surface";

    private static readonly double[] Along = Places(-5, 15), Across = Places(-10, 10);

    private readonly List<LossSurface> _found = [];

    public override object Finding => new SurfaceFinding(Along, Across, _found);

    public override void Look(Slide slide)
    {
        var right = slide.Attacked.LabelBefore.eq(slide.Y).cpu().ToArray<bool>();
        for (var k = 0; k < right.Length && _found.Count < request.Examples; k++)
        {
            using var scope = Scope.Enter();
            if (right[k]) _found.Add(Around(slide, k));
        }
    }

    private LossSurface Around(Slide slide, int k)
    {
        Tensor One(Tensor all) => all.narrow(0, k, 1);
        var (x, attacked, y) = (One(slide.X), One(slide.Attacked.X), One(slide.Y));
        var u = attacked - x;
        var reach = u.flatten().norm(2, [0]);
        var v = slide.Draws("surface").Select(Tensor.From(new long[] { k }, 1).to(y.device)).Rademacher("across", x.shape[1..]).to(x.dtype);
        v -= u * ((u * v).sum() / (u * u).sum().clamp_min(1e-12));
        v *= reach / v.flatten().norm(2, [0]).clamp_min(1e-12);
        var (losses, answers) = Scores(slide, [.. Across.SelectMany(b => Along.Select(a => (a, b)))], y, (a, b) => x + (u * a) + (v * b));
        var (ends, told) = Scores(slide, [(0, 0), (1, 0)], y, (a, _) => a == 0 ? x : attacked);
        Directory.CreateDirectory(images);
        var name = $"surface-{_found.Count:00}";
        return new LossSurface(One(slide.Samples).item<long>(), y.item<int>(), told[1], HeatPicture.Save(images, $"{name}-clean.png", x[0]),
            HeatPicture.Save(images, $"{name}-attacked.png", attacked[0]), reach.item<double>(), ends[0], ends[1], losses, answers);
    }

    private (List<float> Losses, List<int> Answers) Scores(Slide slide, (double A, double B)[] points, Tensor y, Func<double, double, Tensor> at)
    {
        var (losses, answers) = (new List<float>(), new List<int>());
        foreach (var some in points.Chunk(request.BatchSize))
        {
            using var scope = Scope.Enter();
            slide.Step();
            var logits = network.Forward(Ops.cat([.. some.Select(p => at(p.A, p.B))]).clamp(0, 1), Pass.Eval);
            losses.AddRange(Attacks.Losses.CrossEntropy(logits, y.repeat(some.Length)).to(DType.Float32).cpu().ToArray<float>());
            answers.AddRange(logits.argmax(1).cpu().ToArray<long>().Select(c => (int)c));
        }

        return (losses, answers);
    }

    private static double[] Places(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(k => k / 10.0)];
}

using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab parity</c>: the same network and images for another tool, and that tool's adversarial images under our eyes.</summary>
public static class Parity
{
    /// <summary>Of 256 images: as many as ours may leave more than theirs.</summary>
    private const int Slack = 2;

    public static System.CommandLine.Command Verb() => new("parity", "Hold robust accuracy against another tool's; see benchmarks/parity.") { ExportVerb(), ScoreVerb() };

    private static System.CommandLine.Command ExportVerb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint." };
        var dataset = new Option<string>("--dataset") { Description = "Id of the data set.", Required = true };
        var images = new Option<int>("--images") { Description = "Test images, drawn by the seed.", DefaultValueFactory = _ => 256 };
        var seed = new Option<int>("--seed") { Description = "Seed of the subset, as of an evaluation." };
        var target = new Option<string>("--out") { Description = "Folder; weights.safetensors and batch.safetensors come to lie there.", Required = true };
        var data = Shared.DataOption();
        var verb = new System.CommandLine.Command("export", "Write weights under PyTorch's names, and images, labels and indices.") { checkpoint, dataset, images, seed, target, data };
        verb.SetAction(parsed => Told(() =>
        {
            var (folder, path) = (Directory.CreateDirectory(parsed.GetValue(target)!).FullName, Path.GetFullPath(parsed.GetValue(checkpoint)!));
            PlainWeights.Export(path, Path.Combine(folder, "weights.safetensors"));
            using var scope = Scope.Enter();
            var request = new EvaluationRequest { Checkpoint = path, Data = parsed.GetValue(dataset)!, Limit = parsed.GetValue(images), Seed = parsed.GetValue(seed), Device = "cpu" };
            using var subject = new Subject(Path.GetFullPath(parsed.GetValue(data)!), request, Device.Cpu);
            long[] indices = [.. subject.Batches.SelectMany(b => b)];
            var (x, y) = subject.Read(indices);
            Safetensors.Write(Path.Combine(folder, "batch.safetensors"), new Dictionary<string, Tensor> { ["x"] = x.contiguous(), ["y"] = y, ["index"] = Tensor.From(indices, indices.Length) });
            Console.WriteLine($"{indices.Length} images and the weights are in {folder}");
            return 0;
        }));
        return verb;
    }

    private static System.CommandLine.Command ScoreVerb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "The checkpoint that was exported." };
        var batch = new Argument<string>("batch") { Description = "batch.safetensors of the export." };
        var theirs = new Argument<string>("adversarial") { Description = "Another tool's images: arrays of the batch's shape, one for each attack, in their order." };
        var eps = new Option<string>("--eps") { Description = "Radius.", DefaultValueFactory = _ => "8/255" };
        var norm = new Option<Norm>("--norm") { Description = "linf, l2 or l1.", DefaultValueFactory = _ => Norm.Linf };
        var own = new Option<string?>("--evaluation") { Description = "evaluation.json of our own attacks on the same images." };
        var verb = new System.CommandLine.Command("score", "Score another tool's adversarial images.") { checkpoint, batch, theirs, eps, norm, own };
        verb.SetAction(parsed => Told(() => Score(parsed.GetValue(checkpoint)!, parsed.GetValue(batch)!, parsed.GetValue(theirs)!,
            Budget.Parse(parsed.GetValue(eps)!), parsed.GetValue(norm), parsed.GetValue(own), Console.Out)));
        return verb;
    }

    /// <summary>Exit code 0: their images keep the ball, and ours leave no more than theirs but for two of 256; 1 otherwise.</summary>
    /// <exception cref="ArgumentException">An array does not fit the batch, or the evaluation is of other images.</exception>
    internal static int Score(string checkpoint, string batch, string theirs, Budget eps, Norm norm, string? own, TextWriter output)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        using var model = TrainedModel.Open(checkpoint, Device.Cpu);
        var victim = new Victim(model.Network, model.Frozen);
        var images = Safetensors.Read(batch);
        var (x, y) = (images["x"], images["y"]);
        var standing = Labels(victim, x).eq(y);
        var (clean, outside) = (Count(standing), 0L);
        output.WriteLine(Line($"clean: {clean} of {y.shape[0]}"));
        foreach (var (name, found) in Safetensors.Read(theirs))
        {
            if (!found.shape.SequenceEqual(x.shape)) throw new ArgumentException($"{name}: got {found.Describe()}, want the batch's shape {x.Describe()}");
            var (far, left) = (Far(found, x, norm, eps.Value), Labels(victim, found).eq(y));
            standing = standing.logical_and(left);
            var rounded = Labels(victim, found.clamp(0, 1).mul(255).round().div(255)).ne(y).logical_and(left.logical_not());
            outside += Count(far);
            output.WriteLine(Line($"{name}: breaks {Count(left.logical_not())} ({Count(rounded)} in 8 bits), left so far {Count(standing)}, outside the ball {Count(far)}"));
        }

        if (own is null) return outside == 0 ? 0 : 1;
        var document = EvaluationDocument.Read(own);
        if (!document.Column<long>("index").SequenceEqual(images["index"].ToArray<long>())) throw new ArgumentException($"--evaluation: {own} is of other images than the batch");
        foreach (var attack in document.Results.Attacks) output.WriteLine(Line($"ours, {attack.Name}: left {attack.Robust.Right}"));
        var (ours, other) = (document.Results.WorstCase!.Right, Count(standing));
        var most = (long)Math.Ceiling(Slack * y.shape[0] / 256.0);
        output.WriteLine(Line($"ours leave {ours}, theirs {other}: {(ours <= other + most ? "not weaker" : "WEAKER")} ({most} images of slack)"));
        return outside == 0 && ours <= other + most ? 0 : 1;
    }

    private static Tensor Labels(Victim victim, Tensor x) => Ops.cat([.. x.split(256).Select(part => victim.Judged(part).argmax(1))], 0);

    private static Tensor Far(Tensor found, Tensor x, Norm norm, double eps)
    {
        var (low, high) = (found.flatten(1).amin(1).lt(0), found.flatten(1).amax(1).gt(1));
        var delta = found - x;
        var size = norm switch { Norm.Linf => Projections.LinfNorm(delta), Norm.L2 => Projections.L2Norm(delta), _ => Projections.L1Norm(delta) };
        return size.flatten().gt((eps * (1 + 1e-5)) + 1e-6).logical_or(low).logical_or(high);
    }

    private static int Told(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or IOException or InvalidDataException or KeyNotFoundException or JobFailure)
        {
            Console.Error.WriteLine(e.Message);
            return 65;
        }
    }

    private static long Count(Tensor flags) => flags.sum().item<long>();

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using WebLab.Engine.Attacks;
using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Inspections;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Inspections;

public sealed class InspectionTests : IDisposable
{
    private static readonly PgdOptions Weak = new() { Steps = 1, Start = Start.Gauss };

    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Every_lens_that_fits_leaves_a_finding_and_its_pictures()
    {
        Train("again", new AgainOptions { Attack = Weak });
        Assert.Equal(ExitCode.Done, Inspect("look", "again"));
        var results = Results("look");
        Assert.Equal(Lenses.All.Select(l => l.Name).Order(), results.Findings.Keys.Order());
        var span = results.Of<SpanFinding>(SpanLens.Name)!;
        Assert.Equal(["main", "helper 1", "helper 2"], span.Maps.Select(m => m.Map));
        Assert.All(span.Maps, m => Assert.Equal("class map", m.Method));
        foreach (var e in span.Examples)
            foreach (var file in new[] { e.Image, e.Heat, e.Attacked, e.AttackedHeat })
                Assert.True(File.Exists(Path.Combine(_runs.Folder("look").Images, file)), file);
        var masks = results.Of<MaskFinding>(MaskLens.Name)!;
        Assert.Equal(24, masks.Images);
        Assert.Contains("diagnostic.maskSwap", masks.Values.Keys);
    }

    [Fact]
    public void Spans_are_those_of_the_images_that_are_right()
    {
        Train("plain", new StandardOptions());
        Assert.Equal(ExitCode.Done, Inspect("look", "plain"));
        var results = Results("look");
        var (banks, span) = (results.Of<BankFinding>(BankLens.Name)!, results.Of<SpanFinding>(SpanLens.Name)!);
        var map = Assert.Single(span.Maps);
        var route = Assert.Single(banks.Routes);
        Assert.Null(banks.CleanGap);
        Assert.Equal(route.Clean.Right, map.Clean!.Images);
        Assert.Equal(route.Attacked.Right, span.StillRight);
        foreach (var side in new[] { map.Clean, map.Attacked! })
        {
            Assert.Equal(side.Curve.OrderDescending(), side.Curve);
            Assert.Equal(side.Curve[9], side.Half.Mean, 6);
            foreach (var q in new[] { side.Half, side.Mean, side.Participation, side.Entropy })
            {
                Assert.InRange(q.Mean, 0, 1);
                Assert.Equal([q.Low, q.Median, q.High], new[] { q.Low, q.Median, q.High }.Order());
            }
        }

        using var scope = Scope.Enter();
        var columns = Safetensors.Read(Path.Combine(_runs.Folder("look").Path, InspectionResults.Columns));
        Assert.Equal(24, columns["index"].numel());
        Assert.Equal(map.Clean.Half.Mean, columns["span.main.clean.half"].mean().item<double>(), 9);
        Assert.Equal(route.Clean.Right, columns["span.right"].sum().item<long>());
        Assert.Equal(route.Clean.Right, span.Points!.Count);
        Assert.Equal(route.Clean.Right - span.StillRight, span.Points.Count(p => p.Broken));
        Assert.Equal(map.Clean.Half.Mean, span.Points.Average(p => p.Half), 5);
        Assert.Equal(map.Attacked!.Half.Mean, span.Points.Average(p => p.AttackedHalf), 5);
        Assert.All(span.Points, p => Assert.True(p.Margin >= 0));
    }

    [Fact]
    public void Banks_are_told_apart_and_their_gap_is_paired()
    {
        Train("advprop", new AdvPropOptions { Attack = Weak, Targeted = false });
        Assert.Equal(ExitCode.Done, Inspect("look", "advprop"));
        var banks = Results("look").Of<BankFinding>(BankLens.Name)!;
        Assert.Equal(["main", "auxiliary 1"], banks.Routes.Select(r => r.Name));
        Assert.Equal(banks.Routes[0].Clean.Accuracy - banks.Routes[1].Clean.Accuracy, banks.CleanGap!.Difference, 12);
        Assert.InRange(banks.CleanGap.Difference, banks.CleanGap.Low, banks.CleanGap.High);
        Assert.Equal(banks.Routes[0].Attacked.Accuracy - banks.Routes[1].Attacked.Accuracy, banks.AttackedGap!.Difference, 12);
        Assert.Equal(banks.Routes[1].Attacked.Right, banks.Routes[1].OnLast!.Right);
        Assert.Equal(banks.Routes[0].OnLast!.Accuracy - banks.Routes[1].OnLast!.Accuracy, banks.LastGap!.Difference, 12);
    }

    [Fact]
    public void Fused_networks_show_every_weight_and_the_one_they_predict()
    {
        Train("afa", new AfaOptions { Attack = Weak, GeneratorEpochs = 1 });
        Assert.Equal(ExitCode.Done, Inspect("look", "afa"));
        var results = Results("look");
        Assert.Equal(["main", "auxiliary 1", "weight 0.25", "weight 0.5", "weight 0.75", "fused"], results.Of<BankFinding>(BankLens.Name)!.Routes.Select(r => r.Name));
        var statistics = results.Of<StatisticsFinding>(StatisticsLens.Name)!;
        Assert.Equal(["bn1", "bn2", "bn3"], statistics.Layers.Select(l => l.Name));
        Assert.All(statistics.Layers, l => Assert.All(l.BankWeight!, w => Assert.InRange(w, 0, 1)));
        Assert.All(statistics.Layers, l => Assert.Equal(l.BankWeight, l.BankWeightSpread!.Select(q => q.Mean)));
        Assert.All(statistics.Fusing!.Histograms, h => Assert.Equal(24, h.Counts.Sum()));
        Assert.All(statistics.Fusing.Histograms, h => Assert.Equal(statistics.Fusing.Histograms[0].Low, h.Low));
        using var scope = Scope.Enter();
        var columns = Safetensors.Read(Path.Combine(_runs.Folder("look").Path, InspectionResults.Columns));
        foreach (var (k, radius) in statistics.Strengths.Index())
        {
            Assert.Equal(statistics.Fusing.Spread[k].Mean, columns[$"statistics.weight.{radius}"].mean().item<double>(), 9);
            Assert.Equal(statistics.Layers.Average(l => l.BankWeight![k]), statistics.Fusing.Spread[k].Mean, 9);
        }
    }

    [Fact]
    public void Statistics_do_not_move_without_an_attack_and_do_with_one()
    {
        Train("plain", new StandardOptions());
        Assert.Equal(ExitCode.Done, Inspect("look", "plain", StatisticsLens.Name));
        var finding = Results("look").Of<StatisticsFinding>(StatisticsLens.Name)!;
        Assert.Equal([0, 1 / 255.0, 8 / 255.0], finding.Eps);
        Assert.All(finding.Layers, l => Assert.Equal(0, l.MeanShift[0]));
        Assert.All(finding.Layers, l => Assert.Equal(0, l.VarianceShift[0]));
        Assert.All(finding.Layers, l => Assert.True(l.MeanShift[2] > 0 && l.VarianceShift[2] > 0));
        Assert.All(finding.Layers, l => Assert.Null(l.BankWeight));
    }

    [Fact]
    public void Batches_add_up_to_the_statistics_of_all_images()
    {
        Train("plain", new StandardOptions());
        Assert.Equal(ExitCode.Done, Inspect("many", "plain", StatisticsLens.Name, batch: 5));
        Assert.Equal(ExitCode.Done, Inspect("one", "plain", StatisticsLens.Name, batch: 24));
        foreach (var (many, one) in Shifts("many").Zip(Shifts("one"))) Assert.Equal(one, many, 4);

        IEnumerable<double> Shifts(string name) => Results(name).Of<StatisticsFinding>(StatisticsLens.Name)!.Layers.SelectMany(l => l.MeanShift.Concat(l.VarianceShift));
    }

    [Fact]
    public void A_wrong_request_and_a_lens_that_does_not_fit_are_named()
    {
        Train("plain", new StandardOptions());
        Assert.Equal(ExitCode.BadRecipe, Inspect("unknown", "plain", "x-ray"));
        Assert.Contains("lenses[0]: 'x-ray' is unknown", Message("unknown"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadRecipe, Inspect("unfit", "plain", MaskLens.Name));
        Assert.Contains("attribution points", Message("unfit"), StringComparison.Ordinal);

        string Message(string name) => _runs.Events(name)[^1].Read<Failed>().Message;
    }

    [Fact]
    public void Feature_attacks_of_no_strength_are_the_clean_figure_and_any_other_lies_on_its_curve()
    {
        Train("alfa", new AlfaOptions());
        Assert.Equal(ExitCode.Done, Inspect("off", "alfa", FeatureLens.Name, features: new FeatureAttack { Places = ["stage1", "stage2"], Strengths = [0, 0] }));
        Assert.Equal(ExitCode.Done, Inspect("on", "alfa", FeatureLens.Name, features: new FeatureAttack { Places = ["stage1", "stage2"], Strengths = [16, 0] }));
        var (off, on) = (Results("off").Of<FeatureFinding>(FeatureLens.Name)!, Results("on").Of<FeatureFinding>(FeatureLens.Name)!);
        Assert.Equal(off.Clean.Rate, off.Together.Rate);
        Assert.Equal(off.Clean.Loss, off.Together.Loss, 5);
        Assert.All(off.Places, p => Assert.Equal(off.Clean.Loss, p.Curve[0].Loss, 5));
        Assert.All(off.Places, p => Assert.Null(p.Learned));
        Assert.Equal(on.Places[0].Tried.Loss, on.Places[0].Curve[^1].Loss, 5);
        Assert.Equal(on.Places[0].Tried.Loss, on.Together.Loss, 4);
        Assert.Equal(on.Places[0].Tried.Rate, on.Together.Rate);
        Assert.All(on.Places, p => Assert.True(p.Curve[3].Loss > on.Clean.Loss && p.Distance > 0));
    }

    [Fact]
    public void Learned_strengths_are_tried_where_nobody_names_others()
    {
        Train("l-alfa", new LearnedAlfaOptions { Locations = ["stage1", "stage2"] });
        Assert.Equal(ExitCode.Done, Inspect("learned", "l-alfa", FeatureLens.Name, features: FeatureAttack.Of(new LearnedAlfaOptions { Locations = ["stage1", "stage2"] }, new WebLab.Engine.Nets.TinyCnnOptions())));
        var finding = Results("learned").Of<FeatureFinding>(FeatureLens.Name)!;
        Assert.Equal(1, finding.Places.Sum(p => p.Learned!.Value), 5);
        Assert.All(finding.Places, p => Assert.Equal(p.Learned, p.Strength));
        Assert.Equal(("1/255", 3), (finding.StepSize, finding.Steps));
        Assert.Equal(ExitCode.BadRecipe, Inspect("wrong", "l-alfa", FeatureLens.Name, features: new FeatureAttack { Places = ["conv9"], Strengths = [1, 2] }));
        Assert.Contains("features.places[0]: 'tinycnn' has no stage 'conv9'", _runs.Events("wrong")[^1].Read<Failed>().Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadRecipe, Inspect("few", "l-alfa", FeatureLens.Name, features: new FeatureAttack { Places = ["stage1"], Strengths = [1, 2] }));
        Assert.Contains("features.strengths: wanted one for each of the 1 places", _runs.Events("few")[^1].Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loss_surfaces_have_the_plain_loss_in_the_middle_and_the_attacks_at_its_point()
    {
        Train("plain", new StandardOptions());
        Assert.Equal(ExitCode.Done, Inspect("first", "plain", SurfaceLens.Name));
        Assert.Equal(ExitCode.Done, Inspect("again", "plain", SurfaceLens.Name, batch: 24));
        var (first, again) = (Results("first").Of<SurfaceFinding>(SurfaceLens.Name)!, Results("again").Of<SurfaceFinding>(SurfaceLens.Name)!);
        Assert.Equal(2, first.Images.Count);
        var (clean, attacked, middle) = (Array.IndexOf([.. first.Along], 0.0), Array.IndexOf([.. first.Along], 1.0), Array.IndexOf([.. first.Across], 0.0));
        foreach (var (surface, same) in first.Images.Zip(again.Images))
        {
            Assert.Equal(first.Along.Count * first.Across.Count, surface.Losses.Count);
            Assert.Equal(surface.CleanLoss, surface.Losses[middle * first.Along.Count + clean], 4);
            Assert.Equal(surface.AttackedLoss, surface.Losses[middle * first.Along.Count + attacked], 4);
            Assert.Equal(surface.Label, surface.Answers[middle * first.Along.Count + clean]);
            Assert.Equal(surface.AttackedLabel, surface.Answers[middle * first.Along.Count + attacked]);
            Assert.True(surface.AttackedLoss > surface.CleanLoss && surface.Reach > 0);
            Assert.Equal(surface.Index, same.Index);
            foreach (var (a, b) in surface.Losses.Zip(same.Losses)) Assert.Equal(a, b, 1e-3f);
            Assert.True(File.Exists(Path.Combine(_runs.Folder("first").Images, surface.Attacked)));
        }
    }

    [Theory, InlineData(FeatureLens.Name), InlineData(SurfaceLens.Name)]
    public void A_cancel_strikes_inside_a_batch(string lens)
    {
        Train("plain", new StandardOptions());
        var folder = Asked("look", "plain", lens, 24, null);
        var request = SubjectRequest.Read<InspectionRequest>(folder.Request);
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        using var subject = new Subject(_runs.Data, request, Device.Cpu);
        using var control = new Control(folder.Attempt(1), TimeProvider.System);
        var slide = new Slide(subject, request.Attack.Build(), subject.Batches[0], control);
        control.Ask(Command.Cancel);
        Assert.Throws<JobCancelled>(() => Lenses.Find(lens)!.Make(subject, request, folder.Images).Look(slide));
    }

    public static TheoryData<string> Kinds => Architectures.All;

    [Theory, MemberData(nameof(Kinds))]
    public void Maps_are_class_maps_where_the_head_reads_a_pooled_map(string kind)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh(kind);
        var (x, classes) = (Architectures.Images(2), Architectures.Labels(2));
        var source = Assert.Single(MapSource.Of(network, x));
        Assert.Equal(kind == "smallcnn" ? "input gradient" : "class map", source.Method);
        var map = source.Draw(x, classes);
        Assert.Equal(3, map.dim());
        Assert.Equal(2, map.shape[0]);
        if (source.Method == "input gradient") Assert.Equal([2, 32, 32], map.shape);
    }

    [Fact]
    public void Rank_correlation_knows_order_ties_and_constants()
    {
        Assert.Equal(1, Spearman.Of([0, 1, 2, 3], [0, 0.1, 5, 6]));
        Assert.Equal(-1, Spearman.Of([0, 1, 2], [3, 2, 1]));
        Assert.Null(Spearman.Of([0, 1, 2], [4, 4, 4]));
        // Ranks 2.5, 1, 2.5, 5, 4: 7 / sqrt(10 * 9.5).
        Assert.Equal(7 / Math.Sqrt(95), Spearman.Of([1, 2, 3, 4, 5], [2, 1, 2, 4, 3])!.Value, 12);
    }

    [Fact]
    public void Quartiles_are_numpys()
    {
        var q = Quartiles.Of([7, 1, 3, 2]);
        Assert.Equal((3.25, 1.75, 2.5, 4.0), (q.Mean, q.Low, q.Median, q.High));
    }

    private void Train(string name, MethodOptions method) => Assert.Equal(ExitCode.Done, _runs.Train(name, SmallRun.Recipe(method), checkpointSeconds: 600));

    private int Inspect(string name, string run, string? lens = null, int batch = 10, FeatureAttack? features = null) =>
        Worker.Run(Asked(name, run, lens, batch, features), 1, JobKinds.All, TimeProvider.System, null, TextWriter.Null);

    private JobFolder Asked(string name, string run, string? lens, int batch, FeatureAttack? features)
    {
        var folder = _runs.Folder(name);
        new JobSpec("inspect", 2, _runs.Data).Write(folder);
        new InspectionRequest
        {
            Checkpoint = new Checkpoints(_runs.Folder(run).Checkpoints).Find(Kept.Last),
            Data = Shapes32.Id,
            Limit = 24,
            BatchSize = batch,
            Lenses = lens is null ? [] : [lens],
            Attack = new PgdOptions { Steps = 2 },
            Strengths = [Budget.Zero, Budget.Of255(1), Budget.Of255(8)],
            StrengthSteps = 2,
            Features = features,
            Examples = 2,
        }.Write(folder.Request);
        return folder;
    }

    private InspectionResults Results(string name) => JobJson.Read<InspectionResults>(Path.Combine(_runs.Folder(name).Path, InspectionResults.FileName));
}

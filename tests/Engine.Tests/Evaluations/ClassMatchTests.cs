using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Tests.Data;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class ClassMatchTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private int _sets;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Equal_classes_need_no_columns() =>
        Assert.Equal(new ClassMatch(null, null), ClassMatch.Of(Network("a", "b", "c"), Set("a", "b", "c")));

    [Fact]
    public void Some_of_the_classes_are_found_by_name_in_whatever_order()
    {
        var match = ClassMatch.Of(Network("a", "b", "c"), Set("c", "a"));
        Assert.Equal([2, 0], match.Columns!);
        Assert.Contains("2 of the network's 3 classes", match.Note);
        Assert.Equal([1, 0, 2], ClassMatch.Of(Network("a", "b", "c"), Set("b", "a", "c")).Columns!);
    }

    [Fact]
    public void Ids_count_before_names()
    {
        var network = Network("kit fox", "crane") with { ClassIds = ["n02119789", "n02012849"] };
        Assert.Equal([1, 0], ClassMatch.Of(network, Set("n02012849", "n02119789")).Columns!);
        Assert.Null(ClassMatch.Of(network, Set("n02119789", "n02012849")).Columns);
        Assert.Equal([0, 1], ClassMatch.Of(Network("n02119789", "n02012849", "n03126707"), Set("fox", "bird") with { ClassIds = ["n02119789", "n02012849"] }).Columns!);
    }

    [Fact]
    public void As_many_classes_of_other_names_are_taken_in_their_order_and_told()
    {
        var match = ClassMatch.Of(Network("0", "1"), Set("zero", "one"));
        Assert.Null(match.Columns);
        Assert.Contains("in their order", match.Note);
    }

    [Fact]
    public void A_class_the_network_does_not_know_is_refused_by_name()
    {
        Assert.Contains("1 of 2 classes that the network was not trained on, such as 'd'", Refused(Network("a", "b", "c"), Set("a", "d")));
        Assert.Contains("it knows 3: a, b, c.", Refused(Network("a", "b", "c"), Set("x", "y")));
    }

    private static string Refused(CheckpointData model, DatasetManifest data) => Assert.Throws<JobFailure>(() => ClassMatch.Of(model, data)).Message;

    private static CheckpointData Network(params string[] classes) => new("trained", "0", classes, 32, 32);

    private DatasetManifest Set(params string[] classes)
    {
        using var reader = new SomeShapes(20, [.. Enumerable.Range(0, classes.Length)]) { Names = classes };
        return reader.Import(_folder.Path, $"set{_sets++}");
    }
}

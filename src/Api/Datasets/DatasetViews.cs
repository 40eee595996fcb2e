using WebLab.Engine.Data;

namespace WebLab.Api.Datasets;

/// <summary>A data set with its newest version.</summary>
/// <param name="Version">The newest version's name; the ETag.</param>
/// <param name="Versions">All versions, newest first.</param>
/// <param name="Shape">Channels, height, width.</param>
public sealed record DatasetSummary(string Id, string Name, string Version, IReadOnlyList<string> Versions, ImageShape Shape, int ClassCount,
    int TrainCount, int TestCount, long Bytes, DateTimeOffset ImportedAt);

/// <summary>One version of a data set.</summary>
/// <param name="Mean">Per channel over the training split, pixels in [0,1].</param>
/// <param name="Std">Population standard deviation per channel.</param>
/// <param name="Licence">Terms of use, as far as known.</param>
/// <param name="TrainCount">0: the set is for evaluations alone.</param>
/// <param name="RejectedCount">Files that the import left out; <c>rejected.csv</c> names the first of them.</param>
/// <param name="Groups">Parts of the test split that can be evaluated alone, such as a corruption's severity.</param>
public sealed record DatasetDetail(string Id, string Name, string Version, IReadOnlyList<string> Versions, ImageShape Shape,
    IReadOnlyList<ClassView> Classes, int TrainCount, int TestCount, IReadOnlyList<double> Mean, IReadOnlyList<double> Std, long Bytes,
    string Licence, string Source, DateTimeOffset ImportedAt, int RejectedCount, IReadOnlyList<RejectedFile> Rejected,
    IReadOnlyList<SampleGroup> Groups);

/// <summary>A class and how many images of it there are.</summary>
/// <param name="Id">Such as WordNet's n01440764, where the name is for people; absent: the name is the id.</param>
public sealed record ClassView(int Label, string Name, int Train, int Test, string? Id = null);

/// <summary>Some images of a split, in order.</summary>
/// <param name="Total">Images that fit the choice.</param>
public sealed record SampleList(string Version, Split Split, int Total, IReadOnlyList<SampleView> Items);

/// <param name="Index">Place in the split.</param>
public sealed record SampleView(int Index, int Label, string ClassName);

/// <summary>Which images.</summary>
/// <param name="Label">Only this class; null for all.</param>
/// <param name="Offset">How many of the fitting ones to pass over.</param>
/// <param name="Count">1 to 256.</param>
public sealed record SampleQuery(string? Version, Split Split, int? Label, int Offset, int Count);

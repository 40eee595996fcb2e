namespace WebLab.Engine.Data;

/// <summary>What a search for duplicates found in one version of a data set.</summary>
/// <param name="Format">Of this file.</param>
/// <param name="Version">Of the data set.</param>
/// <param name="Images">How many were compared.</param>
/// <param name="Exact">Images whose every byte another one has.</param>
/// <param name="Near">Images that are not equal to another one but look like it; each exact copy is looked at once.</param>
/// <param name="Conflicts">Pairs, exact or near, whose labels differ.</param>
/// <param name="Pairs">The first pairs of each sort: across the splits before those within.</param>
/// <param name="Found">Pairs in all.</param>
/// <param name="Seconds">What the search took.</param>
public sealed record DuplicateReport(int Format, string Version, int Images, DuplicateCounts Exact, DuplicateCounts Near, int Conflicts,
    IReadOnlyList<DuplicatePair> Pairs, int Found, double Seconds)
{
    /// <summary>Its name in the folder of the version.</summary>
    public const string FileName = "duplicates.json";

    /// <summary>The format that this program writes.</summary>
    public const int Current = 1;
}

/// <summary>How many images have a duplicate.</summary>
/// <param name="Train">Training images with one among the training images before them.</param>
/// <param name="Test">Test images with one among the test images before them.</param>
/// <param name="Leaked">Test images with one among the training images: accuracy on them says nothing about unseen images.</param>
public sealed record DuplicateCounts(int Train, int Test, int Leaked);

/// <summary>Two images that are equal or look alike.</summary>
/// <param name="Exact">Every byte is the same.</param>
/// <param name="Bits">Bits of 64 in which their perceptual hashes differ.</param>
/// <param name="Likeness">Correlation of their grey pictures of 16 x 16, at most 1.</param>
public sealed record DuplicatePair(DuplicateImage First, DuplicateImage Second, bool Exact, int Bits, double Likeness);

/// <summary>An image by its place.</summary>
public sealed record DuplicateImage(Split Split, int Index, int Label);

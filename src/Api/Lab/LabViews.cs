using System.Text.Json.Nodes;
using WebLab.Engine.Lab;

namespace WebLab.Api.Lab;

/// <summary>An image of a data set.</summary>
/// <param name="Split">train or test.</param>
/// <param name="Index">Its place in the split.</param>
public sealed record SampleRef(string DatasetId, string Split, int Index, string? Version = null);

/// <summary>An interactive attack on images of a data set; uploaded images come as multipart/form-data instead.</summary>
/// <param name="CheckpointId">One of <c>GET /api/v1/checkpoints</c>.</param>
/// <param name="Attack">The attack as in recipes, such as <c>{"kind":"pgd","eps":"8/255","steps":20}</c>.</param>
/// <param name="Samples">At least one.</param>
/// <param name="Targets">The class to aim at for each image, for targeted attacks; null aims at the second most likely one.</param>
/// <param name="Seed">Of the attack's draws.</param>
/// <param name="Amplify">What the shown difference is multiplied with, 1 to 100.</param>
public sealed record LabRequestBody(string CheckpointId, JsonObject Attack, IReadOnlyList<SampleRef> Samples, IReadOnlyList<int?>? Targets = null, int Seed = 0, double Amplify = 10);

/// <summary>An image as it came: uploaded bytes, or one of a data set.</summary>
/// <param name="Path">What refusals call it, such as <c>image[0]</c>.</param>
/// <param name="Label">Its true class; null takes what the network says.</param>
public sealed record LabSource(string Path, byte[]? Bytes, string? FileName, SampleRef? Sample, int? Label, int? Target);

/// <summary>What to attack and how.</summary>
/// <param name="UserId">Who may look at the result.</param>
public sealed record LabJob(string CheckpointId, JsonNode? Attack, IReadOnlyList<LabSource> Sources, int Seed, double Amplify, string UserId);

/// <summary>What an interactive attack found.</summary>
/// <param name="ExpiresAt">The result and its images are deleted then.</param>
/// <param name="Attack">The attack with every option.</param>
/// <param name="Classes">Names by class index.</param>
/// <param name="Seconds">Of the attack, without loading the network.</param>
public sealed record LabView(string Id, DateTimeOffset ExpiresAt, string CheckpointId, string RunId, JsonNode Attack, IReadOnlyList<string> Classes,
    string Device, double Seconds, double Amplify, IReadOnlyList<LabImageView> Items);

/// <summary>One image before and after.</summary>
/// <param name="Source">Where it came from.</param>
/// <param name="Outcome">Classes, sizes and losses.</param>
/// <param name="Original">Address of the image as it came, at most 512 pixels a side.</param>
/// <param name="Seen">Address of what the network sees.</param>
/// <param name="Adversarial">Address of the adversarial image, rounded to 8 bits.</param>
/// <param name="Delta">Address of the difference, amplified around grey.</param>
public sealed record LabImageView(LabSourceView Source, LabItem Outcome, string Original, string Seen, string Adversarial, string Delta);

/// <summary>What is known of an image that came.</summary>
/// <param name="Format">jpeg, png, …; null for an image of a data set.</param>
/// <param name="Width">Of the file, upright.</param>
/// <param name="Frames">Frames in the file; the first is used.</param>
/// <param name="OrientationApplied">The EXIF orientation that was undone, 1 to 8.</param>
public sealed record LabSourceView(string? FileName, string? Format, int Width, int Height, int Frames, int OrientationApplied, IReadOnlyList<string> Warnings, SampleRef? Sample);

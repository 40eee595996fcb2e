using System.Text.Json;

namespace WebLab.Engine.Lab;

/// <summary>One line that the server writes to the resident lab worker.</summary>
/// <param name="Id">Names the request in every reply.</param>
/// <param name="Verb"><c>attack</c>, or <c>cancel</c> for the request of that id.</param>
public sealed record LabRequest(string Id, string Verb, LabAttack? Attack = null)
{
    public const string AttackVerb = "attack", CancelVerb = "cancel";
}

/// <summary>An attack on a few images by one network.</summary>
/// <param name="Checkpoint">Folder of the checkpoint.</param>
/// <param name="Options">The attack as in recipes; checked by the server. Null: the network only looks.</param>
/// <param name="Images">At least one; of the stored size the network was trained on, from which it sees its crop.</param>
/// <param name="Folder">Where the result's images go.</param>
/// <param name="Seed">Of the attack's draws.</param>
/// <param name="Amplify">What the shown difference is multiplied with.</param>
/// <param name="Frames">Frames to keep of each image, with a film of them and the exact pixels; 0: none.</param>
/// <param name="Pictures">Whether images are written at all.</param>
/// <param name="Prefix">Of the names of all files.</param>
public sealed record LabAttack(string Checkpoint, JsonElement? Options, IReadOnlyList<LabImage> Images, string Folder, ulong Seed, double Amplify,
    int Frames = 0, bool Pictures = true, string Prefix = "");

/// <summary>One image as raw bytes in a file.</summary>
/// <param name="File">C x H x W bytes, plane by plane.</param>
/// <param name="Label">The true class; null takes what the network says of the clean image.</param>
/// <param name="Target">The class to aim at, for targeted attacks; null aims at the second most likely one.</param>
/// <param name="Changed">Another file of the same size, such as the image with a corruption: what is found when there is no attack.</param>
public sealed record LabImage(string File, int Channels, int Height, int Width, int? Label = null, int? Target = null, string? Changed = null);

/// <summary>One line that the worker answers.</summary>
/// <param name="Type"><c>step</c>, <c>done</c> or <c>failed</c>; the last two end a request.</param>
/// <param name="Code">Of a failure: <c>bad-request</c>, <c>checkpoint</c>, <c>cancelled</c>, <c>oom</c> or <c>unknown</c>.</param>
public sealed record LabReply(string Id, string Type, LabStep? Step = null, LabResult? Result = null, string? Code = null, string? Message = null);

/// <summary>What is known before a step of the attack.</summary>
/// <param name="Round">Restart or target, from 0.</param>
/// <param name="Step">From 0.</param>
/// <param name="Steps">Steps of a round.</param>
/// <param name="Images">Those that still take part.</param>
public sealed record LabStep(int Round, int Step, int Steps, IReadOnlyList<LabPoint> Images);

/// <summary>One image at one step.</summary>
/// <param name="Image">Its place in the request.</param>
/// <param name="Loss">What the attack maximises.</param>
/// <param name="Label">What the network says.</param>
/// <param name="Confidence">Probability of the true class.</param>
/// <param name="Frame">The step as it can be shown, at most 20 times a second.</param>
/// <param name="Picture">PNG of the frame, base64: the image above the difference.</param>
public sealed record LabPoint(int Image, double Loss, int Label, double Confidence, LabFrame? Frame = null, string? Picture = null);

/// <summary>One moment of an attack on one image.</summary>
/// <param name="Number">0: the clean image; then the looks of the attack over all rounds, from 1; the last is the result.</param>
/// <param name="Round">Restart or target, from 0.</param>
/// <param name="Step">Within the round, from 0.</param>
/// <param name="Loss">What the attack maximises; absent on the clean image, and where it is not finite.</param>
/// <param name="Gradient">L2 norm of the gradient at this point; absent where the attack takes none.</param>
/// <param name="Linf">Largest change of a value from the clean image, in units of the [0,1] pixel range.</param>
/// <param name="Confidence">Probability of the class the attack leads away from.</param>
/// <param name="TargetConfidence">Probability of the class it aims at, or of the second most likely one of the clean image.</param>
/// <param name="Top">The five most likely classes.</param>
public sealed record LabFrame(int Number, int Round, int Step, double? Loss, double? Gradient, double Linf, double L2, double Confidence,
    double TargetConfidence, IReadOnlyList<LabGuess> Top);

/// <summary>What is kept of how an attack on one image went.</summary>
/// <param name="Target">The class whose probability is followed beside the true one.</param>
/// <param name="Side">Pixels of a frame's side in the film.</param>
/// <param name="Looks">How often the attack looked at the image; frames are spread evenly over these.</param>
/// <param name="Film">File name: all frames side by side, images above, amplified differences below.</param>
/// <param name="Float">File name: the adversarial image as computed, NumPy, C x H x W float32 in [0,1].</param>
/// <param name="Difference">File name: it minus what the network sees, NumPy, C x H x W float32.</param>
public sealed record LabTrace(int Target, int Side, int Looks, IReadOnlyList<LabFrame> Frames, string Film, string Float, string Difference);

/// <summary>A class with its probability.</summary>
public sealed record LabGuess(int Label, string Name, double Probability);

/// <summary>What came out.</summary>
/// <param name="Seconds">Of the attack, without loading the network.</param>
/// <param name="Traces">One for each item, where frames were asked for.</param>
public sealed record LabResult(string Device, double Seconds, IReadOnlyList<LabItem> Items, IReadOnlyList<LabTrace>? Traces = null);

/// <summary>One attacked image.</summary>
/// <param name="Label">The class the attack leads away from.</param>
/// <param name="Before">The five most likely classes of the clean image.</param>
/// <param name="After">The same of the adversarial image as computed.</param>
/// <param name="AfterRounding">The same of the adversarial image rounded to 8 bits per channel, as a file holds it.</param>
/// <param name="Success">The adversarial image is not given the label.</param>
/// <param name="SuccessAfterRounding">It still is not after rounding to the nearest of 256 levels.</param>
/// <param name="Linf">Largest change of a value, in units of the [0,1] pixel range.</param>
/// <param name="Losses">The loss before each step, all rounds after each other; it ends where the attack ended for this image.</param>
/// <param name="Seen">File name: what the network sees.</param>
/// <param name="Adversarial">File name: the rounded adversarial image.</param>
/// <param name="Delta">File name: the difference, amplified around grey.</param>
public sealed record LabItem(int Label, IReadOnlyList<LabGuess> Before, IReadOnlyList<LabGuess> After, IReadOnlyList<LabGuess> AfterRounding,
    bool Success, bool SuccessAfterRounding, double Linf, double L2, long Forwards, long Backwards, IReadOnlyList<double> Losses,
    string Seen, string Adversarial, string Delta);

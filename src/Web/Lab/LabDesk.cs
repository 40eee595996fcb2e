using System.Globalization;
using System.Text.Json.Nodes;
using WebLab.Api.Lab;
using WebLab.Api.Models;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Web.Recipes;

namespace WebLab.Web.Lab;

/// <summary>A picture on the desk.</summary>
/// <param name="Name">For people.</param>
/// <param name="Address">Where it can be seen.</param>
public sealed record DeskPicture(PictureRef Asked, string Name, string Address);

/// <summary>What the lab is set to: networks, pictures, attack, corruption.</summary>
public sealed class LabDesk
{
    public const int MostNetworks = 4, MostPictures = 8;

    private static readonly Field attackField = Field.Of(typeof(AttackChoice)).Single();

    /// <summary>The attack while it is being written.</summary>
    public OptionsSheet Sheet { get; } = new(typeof(AttackChoice), new JsonObject { ["attack"] = OptionsSheet.Fresh(Kinds.Attacks, "pgd") });

    public List<CheckpointSummary> Networks { get; } = [];

    public List<DeskPicture> Pictures { get; } = [];

    public CorruptionChoice Corruption { get; set; } = new(Kinds.Corruptions.Entries[0].Kind, 3);

    /// <summary>Where the true classes of a batch stand.</summary>
    public string Labels { get; set; } = "none";

    public static Field AttackField => attackField;

    public JsonObject Attack => Sheet.Root["attack"]!.AsObject();

    /// <summary>The radius, where the attack has one.</summary>
    public double? Radius => Attack["eps"] is { } eps && Budget.TryParse(OptionsSheet.Text(eps), out var budget) ? budget.Value : null;

    public string RadiusText => OptionsSheet.Text(Attack["eps"]);

    /// <summary>How the slider counts: Linf radii in 255ths, L2 radii in hundredths, L1 in halves.</summary>
    public (double Max, double Step, double Unit) Span => OptionsSheet.Text(Attack["norm"]) switch
    {
        "l2" => (300, 5, 0.01),
        "l1" => (60, 1, 0.5),
        _ => (32, 1, 1 / 255.0),
    };

    /// <summary>Why no class can be aimed at, in words; null where one can.</summary>
    public string? NoAim => Networks.Select(n => n.DatasetId).Distinct().Count() > 1 ? "A class cannot be aimed at: these networks were trained on different data sets, and what one calls a class another does not know."
        : CanAim ? null : $"{Chosen?.About.Title ?? "This attack"} cannot be aimed at a class: it takes whichever gives way first. These can: {string.Join(", ", Aimable)}.";

    /// <summary>Titles of the attacks that can be aimed.</summary>
    public static IReadOnlyList<string> Aimable { get; } = [.. Kinds.Attacks.Entries.Where(e => e.Type.IsSubclassOf(typeof(AimedOptions))).Select(e => e.About.Title)];

    private Entry? Chosen => Kinds.Attacks.Find(OptionsSheet.Text(Attack["kind"]));

    private bool CanAim => Chosen?.Type.IsSubclassOf(typeof(AimedOptions)) == true;

    private bool Aims => CanAim && OptionsSheet.Text(Attack["target"]) == "given";

    /// <summary>Sets the radius by the slider's count. Steps follow it: a quarter of it, the usual choice.</summary>
    public void Slide(double count)
    {
        var linf = Span.Unit == 1 / 255.0;
        string Text(double value) => linf ? $"{value.ToString("0.##", CultureInfo.InvariantCulture)}/255" : (value * Span.Unit).ToString("0.####", CultureInfo.InvariantCulture);
        Attack["eps"] = Text(count);
        if (Attack.ContainsKey("stepSize")) Attack["stepSize"] = Text(count / 4);
        Sheet.Set(Sheet.Root, "attack", Attack.DeepClone());
    }

    /// <summary>Takes a test image of the first network's data set onto the desk, or off it.</summary>
    /// <param name="index">Which.</param>
    /// <param name="most">Room for pictures; one alone is exchanged.</param>
    public void Toggle(int index, int most)
    {
        var set = Networks[0].DatasetId!;
        if (Pictures.FindIndex(p => p.Asked.Sample is { } s && s.DatasetId == set && s.Index == index) is >= 0 and var at)
        {
            Pictures.RemoveAt(at);
            return;
        }
        if (most == 1) Pictures.Clear();
        if (Pictures.Count < most) Pictures.Add(new DeskPicture(new PictureRef(Sample: new SampleRef(set, "test", index)), $"{set}, test image {index}", $"api/v1/datasets/{set}/samples/test/{index}.png"));
    }

    /// <summary>The class that a picture is aimed at.</summary>
    public int? Target(int picture) => Aims ? Pictures[picture].Asked.Target : null;

    /// <summary>Aims a picture at a class, or no longer at it; an attack that is aimed goes all its steps.</summary>
    public void Aim(int picture, int? target)
    {
        if (!CanAim) return;
        Pictures[picture] = Pictures[picture] with { Asked = Pictures[picture].Asked with { Target = target } };
        var aimed = Pictures.Any(p => p.Asked.Target is not null);
        Attack["target"] = aimed ? "given" : "none";
        Attack["stopAtSuccess"] = !aimed;
        Sheet.Set(Sheet.Root, "attack", Attack.DeepClone());
    }

    /// <summary>Pictures by networks under the attack.</summary>
    public BoardRequest Attacked() => new([.. Networks.Select(n => n.Id)], [.. Pictures.Select((p, k) => p.Asked with { Target = Target(k) })], Attack.DeepClone().AsObject());

    /// <summary>The first picture by every checkpoint of the first network's run.</summary>
    public HistoryRequest Remembered() => new(Networks[0].RunId, Pictures[0].Asked with { Target = null }, Attack.DeepClone().AsObject());

    /// <summary>The same under the corruption.</summary>
    public BoardRequest Corrupted() => new([.. Networks.Select(n => n.Id)], [.. Pictures.Select(p => p.Asked with { Target = null })], Corruption: Corruption);

    /// <summary>Takes up what a board was made of.</summary>
    public void Restore(LabBoard board, IReadOnlyList<CheckpointSummary> all)
    {
        Networks.Clear();
        Networks.AddRange(board.Networks.Select(n => all.FirstOrDefault(m => m.Id == n.CheckpointId)).OfType<CheckpointSummary>().Take(LabMode.Of(board).Networks));
        Pictures.Clear();
        Pictures.AddRange(board.Pictures.Where(p => p.Asked is not null).Select(p => new DeskPicture(p.Asked!, BoardTable.NameOf(p), p.Original.TrimStart('/'))));
        if (board.Attack is JsonObject attack) Sheet.Set(Sheet.Root, "attack", attack.DeepClone());
        if (board.Corruption is { } corruption) Corruption = corruption;
    }
}

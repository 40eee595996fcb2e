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

    public static Field AttackField => attackField;

    public JsonObject Attack => Sheet.Root["attack"]!.AsObject();

    public bool Ready => Networks.Count > 0 && Pictures.Count > 0;

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

    /// <summary>Whether networks agree on what a class is called, so that one can be aimed at.</summary>
    public bool CanAim => Networks.Select(n => n.DatasetId).Distinct().Count() == 1;

    /// <summary>Sets the radius by the slider's count. Steps follow it: a quarter of it, the usual choice.</summary>
    public void Slide(double count)
    {
        var linf = Span.Unit == 1 / 255.0;
        string Text(double value) => linf ? $"{value.ToString("0.##", CultureInfo.InvariantCulture)}/255" : (value * Span.Unit).ToString("0.####", CultureInfo.InvariantCulture);
        Attack["eps"] = Text(count);
        if (Attack.ContainsKey("stepSize")) Attack["stepSize"] = Text(count / 4);
        Sheet.Set(Sheet.Root, "attack", Attack.DeepClone());
    }

    /// <summary>Aims a picture at a class, or no longer at it; the attack becomes one that can be aimed, and goes all its steps.</summary>
    public void Aim(int picture, int? target)
    {
        Pictures[picture] = Pictures[picture] with { Asked = Pictures[picture].Asked with { Target = target } };
        var aimed = Pictures.Any(p => p.Asked.Target is not null);
        if (aimed && !Attack.ContainsKey("target")) Sheet.Choose(Sheet.Root, AttackField, "pgd");
        if (!Attack.ContainsKey("target")) return;
        Attack["target"] = aimed ? "given" : "none";
        Attack["stopAtSuccess"] = !aimed;
        Sheet.Set(Sheet.Root, "attack", Attack.DeepClone());
    }

    /// <summary>Pictures by networks under the attack.</summary>
    public BoardRequest Attacked() => new([.. Networks.Select(n => n.Id)], [.. Pictures.Select(p => p.Asked)], Attack.DeepClone().AsObject());

    /// <summary>The same under the corruption.</summary>
    public BoardRequest Corrupted() => new([.. Networks.Select(n => n.Id)], [.. Pictures.Select(p => p.Asked with { Target = null })], Corruption: Corruption);

    /// <summary>Takes up what a board was made of.</summary>
    public void Restore(LabBoard board, IReadOnlyList<CheckpointSummary> all)
    {
        Networks.Clear();
        Networks.AddRange(board.Networks.Select(n => all.FirstOrDefault(m => m.Id == n.CheckpointId)).OfType<CheckpointSummary>().Take(MostNetworks));
        Pictures.Clear();
        Pictures.AddRange(board.Pictures.Where(p => p.Asked is not null).Select(p => new DeskPicture(p.Asked!, BoardTable.NameOf(p), p.Original.TrimStart('/'))));
        if (board.Attack is JsonObject attack) Sheet.Set(Sheet.Root, "attack", attack.DeepClone());
        if (board.Corruption is { } corruption) Corruption = corruption;
    }
}

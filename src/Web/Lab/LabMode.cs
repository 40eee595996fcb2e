using WebLab.Api.Lab;

namespace WebLab.Web.Lab;

/// <summary>What the lab is used for; the address names it.</summary>
public sealed record LabMode(string Key, string Title, string Go, int Pictures, int Networks, string Icon, string Empty, string Says)
{
    public static readonly LabMode Theatre = new("theatre", "Attack", "Attack", LabDesk.MostPictures, LabDesk.MostNetworks, "imagesmode", "Choose pictures, then attack them",
        "You will see each original, what the network sees, the attacked picture and the difference made visible; its guesses before and after; and every step.");

    public static readonly LabMode Corruptions = new("corruptions", "Corruptions", "", LabDesk.MostPictures, LabDesk.MostNetworks, "blur_on", "Choose pictures to see them corrupted",
        "You will see each picture as noise, blur, weather and the like leave it, and what the networks make of it.");

    public static readonly LabMode History = new("history", "Time machine", "Attack every checkpoint", 1, 1, "history", "Choose a picture and a run",
        "The picture is attacked at every checkpoint that the run still has: when did the network learn to resist, when did it forget?");

    public static readonly LabMode Batch = new("batch", "Batch test", "Test the files", 0, LabDesk.MostNetworks, "folder_open", "Choose files, a folder or an archive",
        "Each picture is attacked at each network. The table says what became of it, and which files could not be used.");

    public static readonly IReadOnlyList<LabMode> All = [Theatre, Corruptions, History, Batch];

    public static LabMode Of(string? key) => All.FirstOrDefault(m => m.Key == key) ?? Theatre;

    /// <summary>Where a board is shown.</summary>
    public static LabMode Of(LabBoard board) => board.Kind switch
    {
        BoardKind.History => History,
        BoardKind.Batch => Batch,
        _ => board.Corruption is null ? Theatre : Corruptions,
    };
}

using System.ComponentModel;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// Images crafted on the network of another checkpoint, judged by this one: an attacker who has a network for the same task, but not
/// this one's weights. What breaks more samples than an attack on the network itself shows that its gradients are masked.
/// </summary>
[Kind("transfer", "Transfer", "Images crafted on another checkpoint and scored on this one: what an attacker without its weights can do.", Group = "Black box",
    Source = "Papernot et al. 2016", Link = "https://arxiv.org/abs/1605.07277")]
public sealed record TransferOptions : AttackOptions
{
    [Description("The checkpoint that images are crafted on: its folder below the data directory, such as runs/ID/checkpoints/best-robust.")]
    public required string Checkpoint { get; init; } = "";

    [Description("The attack on the other network. Off its own stopAtSuccess by default: images that are only just wrong there carry over badly.")]
    public AttackOptions Attack { get; init; } = new PgdOptions { Steps = 20, StopAtSuccess = false };

    public override IEnumerable<Finding> Check()
    {
        if (Path.IsPathRooted(Checkpoint) || Checkpoint.Split('/', '\\').Contains(".."))
            yield return new("checkpoint", $"must lie below the data directory; got '{Checkpoint}', write \"runs/ID/checkpoints/last\"");
        if (Attack is TransferOptions) yield return new("attack.kind", "must be an attack on the other network; got transfer, write \"pgd\"");
    }

    public override IEnumerable<Finding> Doubts()
    {
        if (Checkpoint.Length == 0) yield return new("checkpoint", "names no checkpoint; write one below the data directory, such as \"runs/ID/checkpoints/last\"");
    }

    public override Effort Effort() => Attack.Effort();

    public override Attack Build() => new Transfer(Attack.Build(), Folder()) { StopAtSuccess = StopAtSuccess };

    // The last part may be a tag: best-robust, best-clean, last.
    private string Folder()
    {
        var named = Path.Combine(DataRoot.Current, Checkpoint);
        return Path.GetDirectoryName(named) is { } shelf && Checkpoint.Length > 0 ? new Checkpoints(shelf).Find(Path.GetFileName(named))
            : throw new JobFailure(FailureCode.BadRecipe, "transfer: no checkpoint is named", "Write the folder of one below the data directory, such as \"runs/ID/checkpoints/last\".");
    }
}

/// <summary>Each round of another attack on another network; the points found are judged by the victim.</summary>
/// <param name="inner">The attack.</param>
/// <param name="checkpoint">Folder of the other network.</param>
internal sealed class Transfer(Attack inner, string checkpoint) : Attack
{
    public override int Rounds => inner.Rounds;

    // The other network is attacked from its main side and for its main head, whatever sides and heads the victim has.
    protected internal override Found Search(Hunt hunt)
    {
        using var source = Open(hunt.X.device);
        var network = source.Network;
        if (hunt.Logits is { } logits && logits.shape[1] != network.Shape.Classes) throw new JobFailure(FailureCode.BadRecipe,
            $"transfer: the network of {checkpoint} has {network.Shape.Classes} classes; the attacked one answers with {logits.shape[1]}", "Choose a checkpoint that was trained on the same classes.");
        network.To(type: hunt.X.dtype);
        var goal = hunt.Goal is Joint several ? several.Heads[0] : hunt.Goal;
        var found = inner.Search(hunt with { Victim = new Victim(network, source.Frozen), Goal = goal, Stop = inner.StopAtSuccess, Logits = null });
        // What the other network took for a success is none yet.
        return found with { First = Ops.full_like(found.First, -1) };
    }

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) => inner.Aim(y, targets, logits, draws, round);

    protected internal override Tensor Replaces(Verdict kept, Verdict fresh) => inner.Replaces(kept, fresh);

    private TrainedModel Open(Device device)
    {
        try
        {
            return TrainedModel.Open(checkpoint, device);
        }
        catch (InvalidDataException e)
        {
            throw new JobFailure(FailureCode.BadRecipe, $"transfer: {e.Message}", "Choose another checkpoint of the run.", e);
        }
    }
}

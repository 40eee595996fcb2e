using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Batch norm with one or more banks, nothing shared between them. Bank 0 has the plain names, bank j >= 1 the names
/// <c>aux_bn.{j-1}.*</c>, so that a checkpoint without them is a plain network (Xie et al. 2020; timm's SplitBatchNorm2d).
/// x: N x C x H x W.
/// </summary>
public sealed class BatchNorm2d : Module
{
    private readonly double _eps;
    private readonly double _momentum;
    private readonly Bank[] _banks;

    public BatchNorm2d(long channels, int banks = 1, double eps = 1e-5, double momentum = 0.1, Init? weight = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(banks, 1);
        (_eps, _momentum) = (eps, momentum);
        _banks = [.. Enumerable.Range(0, banks).Select(_ => new Bank(channels, weight ?? Init.One))];
        Add("", _banks[0]);
        if (banks > 1) Add("aux_bn", new Sequence(_banks.Skip(1)));
    }

    public override Tensor Forward(Tensor x, Pass pass)
    {
        if (pass.Route.Sizes is not { } sizes) return Normalise(x, pass.Route.Bank, pass.Stats);
        if (sizes.Sum() != x.shape[0])
            throw new ArgumentException($"chunks of {string.Join(" + ", sizes)} samples do not make a batch of {x.shape[0]}");
        var (parts, from) = (new List<Tensor>(sizes.Count), 0);
        for (var bank = 0; bank < sizes.Count; from += sizes[bank++])
            if (sizes[bank] > 0) parts.Add(Normalise(x.narrow(0, from, sizes[bank]), bank, pass.Stats));
        return parts.Count == 1 ? parts[0] : Ops.cat([.. parts], 0);
    }

    private Tensor Normalise(Tensor x, int number, StatsMode stats)
    {
        if (number < 0 || number >= _banks.Length)
            throw new ArgumentException($"the route names batch-norm bank {number}; the network has {_banks.Length}");
        var bank = _banks[number];
        if (stats == StatsMode.BatchUpdate)
        {
            using var off = NoGrad.Enter();
            bank.Batches.Value.add_(1);
        }

        var keeps = stats != StatsMode.Batch;
        return Ops.batch_norm(x, bank.Weight.Value, bank.Bias.Value, keeps ? bank.Mean.Value : null, keeps ? bank.Variance.Value : null,
            training: stats != StatsMode.Running, _momentum, _eps);
    }

    private sealed class Bank : Module
    {
        public Bank(long channels, Init weight)
        {
            Weight = Parameter("weight", weight, channels);
            Bias = Parameter("bias", Init.Zero, channels);
            Mean = Buffer("running_mean", Init.Zero, channels);
            Variance = Buffer("running_var", Init.One, channels);
            Batches = Counter("num_batches_tracked");
        }

        public Slot Weight { get; }

        public Slot Bias { get; }

        public Slot Mean { get; }

        public Slot Variance { get; }

        public Slot Batches { get; }

        public override Tensor Forward(Tensor x, Pass pass) => throw new NotSupportedException("a bank runs inside its batch norm");
    }
}

using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Batch norm with one or more banks, nothing shared between them unless <see cref="Share"/> says so. Bank 0 has the plain names, bank
/// j >= 1 the names <c>aux_bn.{j-1}.*</c>, so that a checkpoint without them is a plain network (Xie et al. 2020; timm's SplitBatchNorm2d).
/// With a generator it can add banks 0 and 1 up by a weight per sample that it predicts from the statistics of x
/// (adaptive feature alignment, reconstructed from the abstract of Wang et al. 2021). x: N x C x H x W.
/// </summary>
public sealed class BatchNorm2d : Module
{
    private readonly double _eps;
    private readonly double _momentum;
    private readonly Bank[] _banks;
    private WeightGenerator? _generator;
    private string _name = "";
    private bool _oneAffine, _oneStats;

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
        pass.Asides?.AddFeature($"moments.{_name}", () => Ops.stack([x.mean([0, 2, 3]), x.var([0, 2, 3], unbiased: false)]));
        var route = pass.Route;
        if (route.Kind == RouteKind.Fused || (route.Kind == RouteKind.Own && _generator is not null)) return Blend(x, Generated(x, pass), pass.Stats);
        if (route.Kind == RouteKind.Blend) return Blend(x, route.Weight, pass.Stats);
        return route.Sizes is { } sizes ? Chunked(x, sizes, pass.Stats) : Normalise(x, route.Bank, pass.Stats);
    }

    /// <summary>The map of a convolution, normalised: in one step where the pass folds the two.</summary>
    internal Tensor After(Conv2d convolution, Tensor x, Pass pass)
    {
        if (pass.Folds is not { } folds || Constant(pass) is not { } bank) return Forward(convolution.Forward(x, pass), pass);
        var (weight, bias) = folds.Of(convolution, bank, () => Fold(convolution, _banks[bank]));
        return convolution.Forward(x, weight, bias);
    }

    // The bank by whose running statistics the pass normalises every sample; null: something else is wanted.
    private int? Constant(Pass pass)
    {
        if (pass.Stats != StatsMode.Running || pass.Asides is { Features: true }) return null;
        return pass.Route switch
        {
            { Kind: RouteKind.Own } when _generator is null => 0,
            { Kind: RouteKind.Bank, Bank: var bank } when bank < _banks.Length => bank,
            _ => null,
        };
    }

    private (Tensor Weight, Tensor Bias) Fold(Conv2d convolution, Bank bank)
    {
        var scale = bank.Weight.Value * (bank.Variance.Value + _eps).rsqrt();
        var shift = bank.Bias.Value - (bank.Mean.Value * scale);
        return (convolution.Weight * scale.reshape(-1, 1, 1, 1), convolution.Bias is { } bias ? shift + (bias * scale) : shift);
    }

    /// <summary>Tells it its full name in the network, for what it tells aside.</summary>
    internal void Call(string name) => _name = name;

    /// <summary>Lets all banks use bank 0's scale and shift, or bank 0's statistics, or both: then it is a batch norm of one bank.</summary>
    internal void Share(bool affine, bool stats)
    {
        (_oneAffine, _oneStats) = (affine && _banks.Length > 1, stats && _banks.Length > 1);
        foreach (var bank in _banks.Skip(1)) bank.Borrow(_banks[0], affine, stats);
    }

    /// <summary>Gives it a generator of fusing weights, under <c>gen.*</c>.</summary>
    internal void AddGenerator()
    {
        if (_banks.Length < 2) throw new ArgumentException($"fused batch norm needs 2 banks; {_name} has {_banks.Length}");
        _generator = Add("gen", new WeightGenerator(_name, _banks[0].Weight.Shape[0]));
    }

    private Tensor Generated(Tensor x, Pass pass)
    {
        if (_generator is null) throw new ArgumentException("the route wants fused banks; the network has no generators of fusing weights");
        var (mean, scale) = (_banks[0].Mean.Value, (_banks[0].Variance.Value + _eps).rsqrt());
        return _generator.Weights(x, mean, scale, pass);
    }

    // weight: N
    private Tensor Blend(Tensor x, Tensor weight, StatsMode stats)
    {
        if (stats == StatsMode.Running) return Affine(x, weight.reshape(-1, 1));
        var w = weight.reshape(-1, 1, 1, 1);
        return (Normalise(x, 0, stats) * (1 - w)) + (Normalise(x, 1, stats) * w);
    }

    // By running statistics both banks together are one scale and one shift per sample and channel.
    private Tensor Affine(Tensor x, Tensor weight)
    {
        var (scales, shifts) = (new Tensor[2], new Tensor[2]);
        for (var k = 0; k < 2; k++)
        {
            var bank = _banks[k];
            scales[k] = bank.Weight.Value * (bank.Variance.Value + _eps).rsqrt();
            shifts[k] = bank.Bias.Value - (bank.Mean.Value * scales[k]);
        }

        return (x * Fused(scales)) + Fused(shifts);

        Tensor Fused(Tensor[] of) => (of[0] + ((of[1] - of[0]) * weight)).to(x.dtype).unsqueeze(2).unsqueeze(3);
    }

    private Tensor Blend(Tensor x, double weight, StatsMode stats)
    {
        if (weight is 0 or 1) return Normalise(x, (int)weight, stats);
        return (Normalise(x, 0, stats) * (1 - weight)) + (Normalise(x, 1, stats) * weight);
    }

    private Tensor Chunked(Tensor x, IReadOnlyList<int> sizes, StatsMode stats)
    {
        if (sizes.Sum() != x.shape[0])
            throw new ArgumentException($"chunks of {string.Join(" + ", sizes)} samples do not make a batch of {x.shape[0]}");
        if (_oneStats) return Together(x, sizes, stats);
        var (parts, from) = (new List<Tensor>(sizes.Count), 0);
        for (var bank = 0; bank < sizes.Count; from += sizes[bank++])
            if (sizes[bank] > 0) parts.Add(Normalise(x.narrow(0, from, sizes[bank]), bank, stats));
        return parts.Count == 1 ? parts[0] : Ops.cat([.. parts], 0);
    }

    // One set of statistics: those of the whole batch. Chunk j is then scaled and shifted by bank j.
    private Tensor Together(Tensor x, IReadOnlyList<int> sizes, StatsMode stats)
    {
        if (_oneAffine) return Normalise(x, 0, stats);
        var (z, parts, from) = (Normalise(x, 0, stats, plain: true), new List<Tensor>(sizes.Count), 0);
        for (var k = 0; k < sizes.Count; from += sizes[k++])
        {
            Tensor Wide(Slot slot) => slot.Value.to(z.dtype).reshape(1, -1, 1, 1);
            var bank = Find(k);
            if (sizes[k] > 0) parts.Add((z.narrow(0, from, sizes[k]) * Wide(bank.Weight)) + Wide(bank.Bias));
        }

        return Ops.cat([.. parts], 0);
    }

    private Bank Find(int number) => number >= 0 && number < _banks.Length ? _banks[number]
        : throw new ArgumentException($"the route names batch-norm bank {number}; the network has {_banks.Length}");

    // plain: without scale and shift.
    private Tensor Normalise(Tensor x, int number, StatsMode stats, bool plain = false)
    {
        var bank = Find(number);
        if (stats == StatsMode.BatchUpdate)
        {
            using var off = NoGrad.Enter();
            bank.Batches.Value.add_(1);
        }

        var keeps = stats != StatsMode.Batch;
        return Ops.batch_norm(x, plain ? null : bank.Weight.Value, plain ? null : bank.Bias.Value, keeps ? bank.Mean.Value : null, keeps ? bank.Variance.Value : null,
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

        public Slot Weight { get; private set; }

        public Slot Bias { get; private set; }

        public Slot Mean { get; private set; }

        public Slot Variance { get; private set; }

        public Slot Batches { get; private set; }

        /// <summary>Uses another bank's values in place of its own, which are freed.</summary>
        public void Borrow(Bank other, bool affine, bool stats)
        {
            if (affine)
            {
                Drop(Weight, Bias);
                (Weight, Bias) = (other.Weight, other.Bias);
            }
            if (stats)
            {
                Drop(Mean, Variance, Batches);
                (Mean, Variance, Batches) = (other.Mean, other.Variance, other.Batches);
            }
        }

        public override Tensor Forward(Tensor x, Pass pass) => throw new NotSupportedException("a bank runs inside its batch norm");
    }
}

using WebLab.Engine.Catalog;

namespace WebLab.Engine.Nets;

/// <inheritdoc/>
[Kind("efficientnet-b0", "EfficientNet-B0", "Mobile blocks with squeeze-excitation; 5.3 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB0Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b0", shape, width: 1.0, depth: 1.0, dropout: 0.2);
}

/// <inheritdoc/>
[Kind("efficientnet-b1", "EfficientNet-B1", "Mobile blocks with squeeze-excitation; 7.8 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB1Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b1", shape, width: 1.0, depth: 1.1, dropout: 0.2);
}

/// <inheritdoc/>
[Kind("efficientnet-b2", "EfficientNet-B2", "Mobile blocks with squeeze-excitation; 9.1 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB2Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b2", shape, width: 1.1, depth: 1.2, dropout: 0.3);
}

/// <inheritdoc/>
[Kind("efficientnet-b3", "EfficientNet-B3", "Mobile blocks with squeeze-excitation; 12.2 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB3Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b3", shape, width: 1.2, depth: 1.4, dropout: 0.3);
}

/// <inheritdoc/>
[Kind("efficientnet-b4", "EfficientNet-B4", "Mobile blocks with squeeze-excitation; 19.3 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB4Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b4", shape, width: 1.4, depth: 1.8, dropout: 0.4);
}

/// <inheritdoc/>
[Kind("efficientnet-b5", "EfficientNet-B5", "Mobile blocks with squeeze-excitation; 30.4 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB5Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b5", shape, width: 1.6, depth: 2.2, dropout: 0.4);
}

/// <inheritdoc/>
[Kind("efficientnet-b6", "EfficientNet-B6", "Mobile blocks with squeeze-excitation; 43.0 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB6Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b6", shape, width: 1.8, depth: 2.6, dropout: 0.5);
}

/// <inheritdoc/>
[Kind("efficientnet-b7", "EfficientNet-B7", "Mobile blocks with squeeze-excitation; 66.3 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB7Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b7", shape, width: 2.0, depth: 3.1, dropout: 0.5);
}

/// <inheritdoc/>
[Kind("efficientnet-b8", "EfficientNet-B8", "Mobile blocks with squeeze-excitation; 87.4 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB8Options : EfficientNetOptions
{
    public override Network Build(NetShape shape) => Build("efficientnet-b8", shape, width: 2.2, depth: 3.6, dropout: 0.5);
}

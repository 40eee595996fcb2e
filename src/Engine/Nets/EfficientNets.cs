using WebLab.Engine.Catalog;

namespace WebLab.Engine.Nets;

/// <inheritdoc/>
[Kind("efficientnet-b0", "EfficientNet-B0", "Mobile blocks with squeeze-excitation; 5.3 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB0Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.0, Depth: 1.0, Dropout: 0.2);
}

/// <inheritdoc/>
[Kind("efficientnet-b1", "EfficientNet-B1", "Mobile blocks with squeeze-excitation; 7.8 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB1Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.0, Depth: 1.1, Dropout: 0.2);
}

/// <inheritdoc/>
[Kind("efficientnet-b2", "EfficientNet-B2", "Mobile blocks with squeeze-excitation; 9.1 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB2Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.1, Depth: 1.2, Dropout: 0.3);
}

/// <inheritdoc/>
[Kind("efficientnet-b3", "EfficientNet-B3", "Mobile blocks with squeeze-excitation; 12.2 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB3Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.2, Depth: 1.4, Dropout: 0.3);
}

/// <inheritdoc/>
[Kind("efficientnet-b4", "EfficientNet-B4", "Mobile blocks with squeeze-excitation; 19.3 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB4Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.4, Depth: 1.8, Dropout: 0.4);
}

/// <inheritdoc/>
[Kind("efficientnet-b5", "EfficientNet-B5", "Mobile blocks with squeeze-excitation; 30.4 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB5Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.6, Depth: 2.2, Dropout: 0.4);
}

/// <inheritdoc/>
[Kind("efficientnet-b6", "EfficientNet-B6", "Mobile blocks with squeeze-excitation; 43.0 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB6Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 1.8, Depth: 2.6, Dropout: 0.5);
}

/// <inheritdoc/>
[Kind("efficientnet-b7", "EfficientNet-B7", "Mobile blocks with squeeze-excitation; 66.3 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB7Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 2.0, Depth: 3.1, Dropout: 0.5);
}

/// <inheritdoc/>
[Kind("efficientnet-b8", "EfficientNet-B8", "Mobile blocks with squeeze-excitation; 87.4 million parameters for 1,000 classes.", Group = "EfficientNet",
    Source = "Tan and Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record EfficientNetB8Options : EfficientNetOptions
{
    private protected override Scaling Scaling => new(Width: 2.2, Depth: 3.6, Dropout: 0.5);
}

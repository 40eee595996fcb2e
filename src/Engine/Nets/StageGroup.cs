namespace WebLab.Engine.Nets;

/// <summary>A stretch of a network whose end is a feature map: one stage, or a stage for each of its blocks.</summary>
/// <param name="Name">Its end. The ends of the blocks before are <c>NAME.0</c>, <c>NAME.1</c> and so on.</param>
public sealed record StageGroup(string Name, int Blocks = 1)
{
    /// <summary>Names of the stages, in the order of the data.</summary>
    public IEnumerable<string> Stages => Enumerable.Range(0, Blocks - 1).Select(k => $"{Name}.{k}").Append(Name);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Training;

/// <summary>Options of an optimiser.</summary>
public abstract record OptimizerOptions : Options
{
    [Range(0.0, 10.0), Description("Full learning rate; the schedule multiplies it.")]
    public double Lr { get; init; } = 0.1;

    /// <summary>A fresh optimiser for these parameters; its state starts at zero.</summary>
    public abstract Optimizer Build(IEnumerable<(string Name, Slot Slot)> parameters);
}

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

    [Advanced, Description("Weight decay on batch norm and biases too, as in most papers' code; off: only on weights of two or more dimensions.")]
    public bool DecayAll { get; init; } = true;

    /// <summary>A fresh optimiser for these parameters, with its state as before the first step.</summary>
    public abstract Optimizer Build(IEnumerable<(string Name, Slot Slot)> parameters);
}

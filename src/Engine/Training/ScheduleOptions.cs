using WebLab.Engine.Catalog;

namespace WebLab.Engine.Training;

/// <summary>Options of a learning-rate schedule.</summary>
public abstract record ScheduleOptions : Options;

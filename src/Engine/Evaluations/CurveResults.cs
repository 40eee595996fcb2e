using System.Text.Json;

namespace WebLab.Engine.Evaluations;

/// <summary>Accuracy over the radius of one attack: each radius is tried on the images that are still open there (<see cref="Halving"/>).</summary>
/// <param name="Attack">The options; radius and step are those of the point.</param>
/// <param name="Norm"><c>linf</c>, <c>l2</c> or <c>l1</c>.</param>
/// <param name="Points">By radius, ascending.</param>
/// <param name="Audits">The same attack afresh on all images that are classified correctly.</param>
/// <param name="Area">Mean accuracy between radius 0, where it is the clean one, and the largest radius, by trapezoids.</param>
public sealed record CurveResults(JsonElement Attack, string Norm, IReadOnlyList<CurvePoint> Points, IReadOnlyList<CurveAudit> Audits, double Area)
{
    /// <summary>Area below the line through the clean accuracy at 0 and the points, over the largest radius.</summary>
    /// <param name="clean">In [0,1].</param>
    /// <param name="points">Radius, ascending, the last above 0, and accuracy.</param>
    public static double AreaOf(double clean, IEnumerable<(double Radius, double Accuracy)> points)
    {
        var (area, last) = (0.0, (Radius: 0.0, Accuracy: clean));
        foreach (var point in points)
        {
            area += (point.Radius - last.Radius) * (point.Accuracy + last.Accuracy) / 2;
            last = point;
        }

        return area / last.Radius;
    }
}

/// <param name="Radius">As it was asked for.</param>
/// <param name="Eps">The same as a number, in units of the [0,1] pixel range.</param>
/// <param name="Robust">Images whose first radius is a larger one, or none. Errors count as taken.</param>
/// <param name="Tried">Images that the attack was run on.</param>
/// <param name="Errors">Of those whose first radius this is, those on which the network or its gradient was not finite.</param>
/// <param name="Seconds">Of all attempts together.</param>
/// <param name="Forward">Forward passes, one per image.</param>
/// <param name="Backward">Backward passes, one per image.</param>
public sealed record CurvePoint(string Radius, double Eps, Rated Robust, long Tried, long Errors, double Seconds, long Forward, long Backward);

/// <param name="Number">Of the point, from 1.</param>
/// <param name="Radius">The point's.</param>
/// <param name="Robust">Images left by an attack that nothing was known to.</param>
/// <param name="Agrees">It lies in the 95 % interval of the point.</param>
/// <param name="Seconds">Of all attempts together.</param>
/// <param name="Forward">Forward passes, one per image.</param>
/// <param name="Backward">Backward passes, one per image.</param>
public sealed record CurveAudit(int Number, string Radius, Rated Robust, bool Agrees, double Seconds, long Forward, long Backward);

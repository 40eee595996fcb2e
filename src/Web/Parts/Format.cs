using System.Globalization;

namespace WebLab.Web.Parts;

/// <summary>Numbers as people read them. Culture is invariant but for the minus, which is one and no hyphen; units stand behind a space.</summary>
public static class Format
{
    /// <summary>How figures are written that may be negative and that nobody's program reads.</summary>
    public static readonly NumberFormatInfo Figures = new() { NegativeSign = "\u2212" };

    /// <summary>Four significant digits, whole numbers from a thousand on, powers of ten for the very large and small.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value)) return value.ToString(CultureInfo.InvariantCulture);
        var size = Math.Abs(value);
        return size is >= 1000 and < 1e7 ? value.ToString("#,0", Figures).Replace(',', '\u202f')
            : size is 0 or (>= 1e-3 and < 1000) ? value.ToString("G4", Figures)
            : value.ToString("0.##e0", Figures);
    }

    /// <summary>A fraction in [0,1] as percent with one decimal.</summary>
    public static string Percent(double fraction) => (fraction * 100).ToString("0.0", Figures) + "\u00a0%";

    /// <inheritdoc cref="Percent(double)"/>
    public static string Percent(double? fraction) => fraction is { } value ? Percent(value) : "–";

    /// <summary>A difference of two fractions in points of percent, with its sign: "+1.3".</summary>
    public static string Points(double difference) => (difference * 100).ToString("+0.0;\u22120.0;0.0", CultureInfo.InvariantCulture);

    /// <summary>Whole numbers with thin spaces between thousands.</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary>Seconds as "48 s", "3 min 20 s", "2 h 05 min", "3 d 4 h".</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0) return "–";
        if (seconds < 10) return seconds.ToString("0.#", CultureInfo.InvariantCulture) + " s";
        var span = TimeSpan.FromSeconds(Math.Round(seconds));
        if (span.TotalMinutes < 1) return $"{span.Seconds} s";
        if (span.TotalHours < 1) return $"{span.Minutes} min {span.Seconds:00} s";
        return span.TotalDays < 1 ? $"{span.Hours} h {span.Minutes:00} min" : $"{(int)span.TotalDays} d {span.Hours} h";
    }

    /// <summary>An estimated time with two digits at most: "35 s", "12 min", "3.4 h", "2 d 4 h".</summary>
    public static string Roughly(double seconds) => seconds switch
    {
        < 90 => Duration(seconds < 10 ? seconds : Math.Round(seconds)),
        < 5400 => $"{Math.Round(seconds / 60)} min",
        < 86400 => (seconds / 3600).ToString("0.#", CultureInfo.InvariantCulture) + " h",
        _ => Duration(seconds),
    };

    /// <summary>Time since then: "now", "4 min ago".</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now)
    {
        var past = now - then;
        if (past.TotalSeconds < 5) return "now";
        if (past.TotalMinutes < 1) return $"{(int)past.TotalSeconds} s ago";
        if (past.TotalHours < 1) return $"{(int)past.TotalMinutes} min ago";
        return past.TotalDays < 1 ? $"{(int)past.TotalHours} h ago" : past.TotalDays < 30 ? $"{(int)past.TotalDays} d ago" : then.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes in powers of 1024: "1.4 GiB".</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        while (bytes >= 1024 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return (unit == 0 || bytes >= 100 ? bytes.ToString("0", CultureInfo.InvariantCulture) : bytes.ToString("0.#", CultureInfo.InvariantCulture)) + " " + units[unit];
    }

    /// <summary>The first characters of an id: enough to tell a handful apart, the whole one is in the address. UUIDv7s begin with the time, so the end is shown.</summary>
    public static string Short(string id) => id.Length <= 6 ? id : id[^6..];
}

using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;

namespace WebLab.Web.Parts;

/// <summary>
/// What the address says of the view, for the parts of a page. Pages take it by attribute; parts must not, because the framework counts
/// those that listen while it tells them, and fails when one of them leaves the page on being told.
/// </summary>
public static class AddressQuery
{
    /// <summary>A parameter of the present address; null when it is not there.</summary>
    public static string? Query(this NavigationManager navigation, string name) =>
        QueryHelpers.ParseQuery(new Uri(navigation.Uri).Query).TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>A whole number of the present address; null when it is not there or not a number.</summary>
    public static int? QueryNumber(this NavigationManager navigation, string name) =>
        int.TryParse(navigation.Query(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}

namespace WebLab.Engine.Corruptions;

internal static class Words
{
    public const string Source = "Hendrycks and Dietterich 2019";
    public const string Link = "https://arxiv.org/abs/1903.12261";
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

/// <summary>Slows down guessing: a few attempts per minute for an address and name, ten times that for an address.</summary>
public sealed class SignInThrottle(TimeProvider time, IOptions<Settings> settings)
{
    private const int MostKeys = 50_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, Count> _counts = new(StringComparer.OrdinalIgnoreCase);

    public void Enter(string? address, string name)
    {
        Take($"{address} {name}", settings.Value.SignInsPerMinute);
        Take($"{address}", 10 * settings.Value.SignInsPerMinute);
    }

    private void Take(string key, int most)
    {
        var now = time.GetUtcNow();
        if (_counts.Count > MostKeys)
            foreach (var old in _counts.Where(c => c.Value.Since + Window < now))
                _counts.TryRemove(old.Key, out _);
        var count = _counts.AddOrUpdate(key, _ => new Count(now, 1),
            (_, c) => c.Since + Window <= now ? new Count(now, 1) : c with { Attempts = c.Attempts + 1 });
        if (count.Attempts > most)
            throw new Refusal(ProblemKinds.RateLimited, $"more than {most} attempts to sign in within a minute") { RetryAfter = count.Since + Window - now };
    }

    private readonly record struct Count(DateTimeOffset Since, int Attempts);
}

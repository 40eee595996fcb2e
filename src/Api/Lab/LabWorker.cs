using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Engine.Lab;

namespace WebLab.Api.Lab;

/// <summary>
/// The resident lab worker as the product sees it: started when first needed, again after it died or went idle; one attack at a time, within
/// its time budget, while training rests.
/// </summary>
public sealed class LabWorker(IOptions<LabOptions> options, IOptions<QueueOptions> queue, DataDirectory data, RunActions runs, Ids ids, TimeProvider time, ILogger<LabWorker> log) : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4), Rest = TimeSpan.FromSeconds(3);

    private const int Remembered = 8;

    private readonly LabOptions _options = options.Value;
    private readonly LabTurns _turns = new();
    private readonly Queue<double> _recent = new();
    private LabProcess? _process;

    /// <summary>The process that lives now; null when none does.</summary>
    public int? Pid => _process is { Lives: true } p ? p.Pid : null;

    /// <summary>Runs one attack.</summary>
    /// <param name="onStep">Called for each step on a thread of its own; must return at once.</param>
    /// <exception cref="Refusal">503 when too many wait or the worker died, 504 over the time budget, 422 when the request cannot be done.</exception>
    public async Task<LabResult> Attack(LabAttack attack, Action<LabStep> onStep, CancellationToken cancel)
    {
        Admit();
        return await Attack(attack, onStep, null, cancel);
    }

    /// <summary>Runs one attack of somebody who was admitted before.</summary>
    /// <param name="onPlace">Told the place in the queue from 1 while it waits, 0 when its turn has come; must return at once.</param>
    /// <inheritdoc cref="Attack(LabAttack, Action{LabStep}, CancellationToken)"/>
    public async Task<LabResult> Attack(LabAttack attack, Action<LabStep> onStep, Action<int>? onPlace, CancellationToken cancel)
    {
        using var turn = await _turns.Take(onPlace, cancel);
        onPlace?.Invoke(0);
        var began = time.GetTimestamp();
        try
        {
            return await Within(attack, onStep, cancel);
        }
        finally
        {
            Remember(time.GetElapsedTime(began).TotalSeconds);
        }
    }

    /// <exception cref="Refusal">503: too many wait already.</exception>
    public void Admit()
    {
        if (_turns.Waiting >= _options.MaxWaiting)
            throw new Refusal(ProblemKinds.GpuBusy, $"{_options.MaxWaiting} attacks wait already") { RetryAfter = TimeSpan.FromSeconds(Math.Ceiling(Wait(_options.MaxWaiting))) };
    }

    /// <summary>About how many seconds until a place in the queue has its turn, by what recent requests took.</summary>
    public double Wait(int place)
    {
        lock (_recent) return place * (_recent.Count > 0 ? _recent.Average() : 1);
    }

    public void Dispose() => _process?.Dispose();

    private void Remember(double seconds)
    {
        lock (_recent)
        {
            _recent.Enqueue(seconds);
            if (_recent.Count > Remembered) _recent.Dequeue();
        }
    }

    private async Task<LabResult> Within(LabAttack attack, Action<LabStep> onStep, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(TimeSpan.FromSeconds(_options.StartSeconds));
        var started = 0;
        var request = new LabRequest(ids.Next(), LabRequest.AttackVerb, attack);
        var process = Living();
        using var done = new CancellationTokenSource();
        var resting = KeepTrainingAtRest(done.Token);
        try
        {
            var result = process.Send(request, step =>
            {
                if (Interlocked.Exchange(ref started, 1) == 0)
                    over.CancelAfter(TimeSpan.FromSeconds(_options.AttackSeconds));
                onStep(step);
            });
            await Task.WhenAny(result, Task.Delay(Timeout.InfiniteTimeSpan, over.Token));
            if (!result.IsCompleted && cancel.IsCancellationRequested && Volatile.Read(ref started) == 0)
                process.Cancel(request.Id); // it passes the request over once it has started and loaded what it is at
            else if (!result.IsCompleted)
                await Stop(process, request.Id, result);
            cancel.ThrowIfCancellationRequested();
            return await result;
        }
        catch (LabFailure e)
        {
            log.LogInformation("A lab attack failed: {Code}: {Message}", e.Code, e.Message);
            throw Explain(e, over.IsCancellationRequested);
        }
        finally
        {
            await done.CancelAsync();
            await resting;
        }
    }

    private LabProcess Living()
    {
        if (_process is { Lives: true } living)
            return living;
        _process?.Dispose();
        _process = LabProcess.Start(queue.Value, _options, data.Root, log);
        log.LogInformation("Started the lab worker {Pid}", _process.Pid);
        return _process;
    }

    // A worker that does not obey within the grace is killed; the next request gets a new one.
    private async Task Stop(LabProcess process, string id, Task result)
    {
        process.Cancel(id);
        await Task.WhenAny(result, Task.Delay(Grace, time));
        if (result.IsCompleted)
            return;
        log.LogWarning("The lab worker {Pid} did not obey and is killed", process.Pid);
        process.Kill();
        await Task.WhenAny(result, Task.Delay(Grace, time));
    }

    private async Task KeepTrainingAtRest(CancellationToken done)
    {
        try
        {
            while (await runs.Yield(Rest.TotalSeconds, done) > 0)
                await Task.Delay(Rest / 2, time, done);
        }
        catch (OperationCanceledException)
        {
            await runs.Yield(0, CancellationToken.None);
        }
        catch (IOException e)
        {
            log.LogWarning(e, "Training could not be asked to rest");
        }
    }

    private Refusal Explain(LabFailure e, bool late) => e.Code switch
    {
        _ when late => new Refusal(ProblemKinds.Timeout, $"the attack took longer than {_options.AttackSeconds} s; use fewer steps, fewer images or a smaller network"),
        "bad-request" => new Refusal(ProblemKinds.Unprocessable, e.Message),
        "checkpoint" => new Refusal(ProblemKinds.Conflict, "the checkpoint is missing or damaged; choose another one"),
        "oom" => new Refusal(ProblemKinds.Unprocessable, "the attack does not fit into memory; use fewer images or a smaller network"),
        "died" => new Refusal(ProblemKinds.Unavailable, e.Message) { RetryAfter = TimeSpan.FromSeconds(1) },
        _ => new Refusal(ProblemKinds.Internal, "the attack failed; the server's log says why"),
    };
}

using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Evaluations;

public static class TransferEndpoints
{
    public static void MapTransfers(this RouteGroupBuilder api)
    {
        var transfers = api.MapGroup("/transfers").WithTags("Evaluations");
        transfers.MapGet("/", Read).WithName("getTransferMatrix").Refuses(ProblemKinds.Validation, ProblemKinds.NotFound, ProblemKinds.Gone);
        transfers.MapPost("/", Fill).WithName("fillTransferMatrix").Refuses(ProblemKinds.NotFound, ProblemKinds.Gone);
    }

    /// <summary>Show the accuracy of every network on images crafted on every other</summary>
    /// <param name="runs">Ids of two to eight training runs, between commas.</param>
    /// <param name="data">Data set; absent: the one that the first run was trained on.</param>
    /// <param name="samples">Test images; absent: 256.</param>
    /// <param name="eps">Radius, Linf, of the PGD with 20 steps that crafts them; absent: 8/255.</param>
    private static async Task<Ok<TransferTable>> Read(TransferMatrix matrix, string runs, string? data, int? samples, string? eps, CancellationToken cancel) =>
        TypedResults.Ok(await matrix.Read(new TransferQuery(runs.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), data, samples, eps), cancel));

    /// <summary>Queue an evaluation for every network that lacks cells</summary>
    private static async Task<Accepted<TransferTable>> Fill(TransferMatrix matrix, ClaimsPrincipal user, TransferQuery wanted, CancellationToken cancel) =>
        TypedResults.Accepted($"/api/v1/transfers?runs={string.Join(',', wanted.Runs)}", await matrix.Fill(wanted, user.Identity?.Name, cancel));
}

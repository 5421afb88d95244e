namespace Moesaic.Models.Experts;

/// <summary>Sees what one router decides, pass by pass.</summary>
public interface IRoutingObserver
{
    /// <summary>Called once a pass.</summary>
    /// <param name="routing">A row a token of the pass, padding too; gone when the pass ends.</param>
    void Observe(in Routing routing);
}

using Moesaic.Models.Layers;

namespace Moesaic.Inference.Tests.Batching;

public class PagePoolTests
{
    static readonly int[] A = Content(1), B = Content(2);

    [Fact]
    public void Pages_are_found_by_their_tokens_and_the_page_before()
    {
        var pool = Reserved(4);
        int first = Published(pool, 0, A), second = Published(pool, pool.Name(first), B);
        Assert.Equal(first, pool.Find(0, A));
        Assert.Equal(second, pool.Find(pool.Name(first), B));
        Assert.Equal(-1, pool.Find(0, B));                      // the same tokens elsewhere are not the same keys
        Assert.Equal(-1, pool.Find(pool.Name(second), B));
        Assert.Equal(-1, pool.Find(0, [.. A[..^1], 99]));
    }

    [Fact]
    public void What_nobody_uses_is_kept_if_it_can_be_found_and_free_if_not()
    {
        var pool = Reserved(3);
        int known = Published(pool, 0, A), unknown = pool.Take();
        pool.Share(known);
        pool.Release(known);
        Assert.Equal((2, 0), (pool.Used, pool.Kept));
        pool.Release(known);
        pool.Release(unknown);
        Assert.Equal((0, 1), (pool.Used, pool.Kept));
        pool.Share(known);
        Assert.Equal((1, 0), (pool.Used, pool.Kept));
        Assert.True(!pool.IsPrivate(known) && !pool.IsShared(known));
    }

    [Fact]
    public void Taking_uses_what_is_free_before_what_was_kept_longest()
    {
        var pool = Reserved(3);
        int a = Published(pool, 0, A), b = Published(pool, 0, B);
        pool.Release(b);
        pool.Release(a);
        Assert.True(pool.TryReserve(2));
        Assert.DoesNotContain(pool.Take(), new[] { a, b });
        Assert.Equal(b, pool.Take());
        Assert.Equal((-1, a), (pool.Find(0, B), pool.Find(0, A)));
        Assert.Equal(a, pool.Take());
        Assert.Equal(-1, pool.Find(0, A));
        Assert.Equal(0, pool.Available);
    }

    [Fact]
    public void A_name_is_never_given_twice()
    {
        var pool = Reserved(1);
        var page = Published(pool, 0, A);
        var name = pool.Name(page);
        pool.Release(page);
        Assert.True(pool.TryReserve(1));
        Assert.Equal(page, Published(pool, 0, A));
        // What followed the old page is not found behind the new one, whose place it has.
        Assert.NotEqual(name, pool.Name(page));
    }

    [Fact]
    public void Only_what_was_reserved_is_given_out()
    {
        var pool = new PagePool(3);
        Assert.Throws<InvalidOperationException>(() => pool.Take());
        Assert.True(pool.TryReserve(2));
        Assert.False(pool.TryReserve(2));
        pool.Take();
        Assert.Equal((1, 1, 1), (pool.Used, pool.Reserved, pool.Available));
        pool.Unreserve(1);
        Assert.Equal(2, pool.Available);
    }

    [Fact]
    public void History_gives_the_oldest_and_lets_any_go()
    {
        var history = new PageHistory(5);
        foreach (var page in new[] { 3, 0, 4, 1 }) history.Add(page);
        history.Remove(0);
        history.Remove(1);
        history.Add(0);
        Assert.Equal([3, 4, 0], new[] { history.RemoveOldest(), history.RemoveOldest(), history.RemoveOldest() });
        Assert.Equal(0, history.Count);
        Assert.Throws<InvalidOperationException>(() => history.RemoveOldest());
    }

    static PagePool Reserved(int pages)
    {
        var pool = new PagePool(pages);
        Assert.True(pool.TryReserve(pages));
        return pool;
    }

    static int Published(PagePool pool, long parent, int[] content)
    {
        var page = pool.Take();
        Assert.True(pool.Publish(page, parent, content));
        return page;
    }

    static int[] Content(int seed) => TinyModels.Tokens(PagedCache.PageTokens, seed);
}

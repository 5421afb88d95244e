namespace Moesaic.Extensions.AI;

/// <summary>Finds where a JSON object or array ends, character by character. It counts brackets and knows strings; it does not check the rest.</summary>
struct JsonEnd
{
    int depth;
    bool inString, escaped;

    /// <summary>Takes the next character, the first being the opening bracket.</summary>
    /// <returns>Whether it closes the value.</returns>
    public bool Push(char c)
    {
        if (inString)
        {
            if (escaped) escaped = false;
            else if (c == '\\') escaped = true;
            else if (c == '"') inString = false;
            return false;
        }
        if (c == '"') inString = true;
        else if (c is '{' or '[') depth++;
        else if (c is '}' or ']') depth--;
        return depth == 0;
    }
}

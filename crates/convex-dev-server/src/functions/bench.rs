//! The data of the benchmark's pages: many small queries, one large one, and a counter. The
//! benchmark sets their values.

use convex_testkit::{
    Args, DatabaseWriter, FunctionError, FunctionResult, Functions, MutationCtx, Object, QueryCtx, Value,
    object,
};

const DOCUMENTS: &str = "benchDocuments";
/// The text of a document, such that 5,000 documents are a megabyte.
const SENTENCE: &str = "Brown foxes jump";

pub(super) fn add_to(functions: Functions) -> Functions {
    functions
        .query("bench:cell", cell)
        .mutation("bench:setCell", set_cell)
        .mutation("bench:setCells", set_cells)
        .mutation("bench:increment", increment)
        .query("bench:documents", documents)
        .mutation("bench:setDocument", set_document)
        .mutation("bench:setDocuments", set_documents)
}

/// The value of the cell numbered `i`; 0 at first.
fn cell(ctx: &mut QueryCtx<'_>, args: &Args) -> FunctionResult {
    let cell = ctx.db().query(&cell_table(args.number("i")?)).first();
    Ok(Value::from(cell.as_ref().map_or(0.0, cell_value)))
}

/// Sets the cell numbered `i` to `value`.
fn set_cell(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    put(&mut ctx.db(), args.number("i")?, args.number("value")?)?;
    Ok(Value::Null)
}

/// Sets the first `n` cells to `value`.
fn set_cells(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let value = args.number("value")?;
    for i in 0..args.number("n")? as u32 {
        put(&mut ctx.db(), f64::from(i), value)?;
    }
    Ok(Value::Null)
}

/// Increments the cell numbered `i`.
fn increment(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let i = args.number("i")?;
    let value = ctx.db().query(&cell_table(i)).first().as_ref().map_or(0.0, cell_value);
    put(&mut ctx.db(), i, value + 1.0)?;
    Ok(Value::Null)
}

/// A table for each cell, so that reading one of thousands reads no other.
fn cell_table(i: f64) -> String {
    format!("benchCell{i}")
}

fn cell_value(cell: &Object) -> f64 {
    cell.get("value").and_then(Value::as_f64).unwrap_or_default()
}

fn put(db: &mut DatabaseWriter<'_, '_>, i: f64, value: f64) -> Result<(), FunctionError> {
    let table = cell_table(i);
    match db.query(&table).first() {
        Some(cell) => db.patch(id(&cell), object! { "value" => value }),
        None => {
            db.insert(&table, object! { "value" => value });
            Ok(())
        }
    }
}

/// All documents, in order.
fn documents(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(Value::from(ctx.db().query(DOCUMENTS).collect()))
}

/// Replaces the document at `index` by one of this `generation`.
fn set_document(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let (index, generation) = (args.number("index")?, args.number("generation")?);
    let documents = ctx.db().query(DOCUMENTS).collect();
    let found = documents.get(index as usize).ok_or_else(|| args.invalid("no such document"))?;
    ctx.db().patch(id(found), document(index as u32, generation))?;
    Ok(Value::Null)
}

/// Replaces the documents by `n` of this `generation`; existing ones have the same ids as before.
fn set_documents(ctx: &mut MutationCtx<'_>, args: &Args) -> FunctionResult {
    let (n, generation) = (args.number("n")? as usize, args.number("generation")?);
    let mut db = ctx.db();
    let found = db.query(DOCUMENTS).collect();
    for (index, before) in found.iter().take(n).enumerate() {
        db.patch(id(before), document(index as u32, generation))?;
    }
    for surplus in found.iter().skip(n) {
        db.delete(id(surplus))?;
    }
    for index in found.len()..n {
        db.insert(DOCUMENTS, document(index as u32, generation));
    }
    Ok(Value::Null)
}

fn document(index: u32, generation: f64) -> Object {
    object! {
        "title" => format!("Document {index}, as of {generation}"),
        "body" => SENTENCE,
        "author" => format!("account{}@example.com", index % 97),
        "priority" => f64::from(index % 5),
        "score" => f64::from(index) + generation / 1024.0,
        "done" => index.is_multiple_of(3),
    }
}

fn id(document: &Object) -> &str {
    document.get("_id").and_then(Value::as_str).expect("every document has an id")
}
